"""What stands in an annual report: the six sections of the national form (30号) with its three tables, which add up."""

from __future__ import annotations

HEADS = (
    "一、总体情况",
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
    "五、存在的主要问题及改进情况",
    "六、其他需要报告的事项",
)
_PROBLEMS = (  # of a report and the one before it: two years are not alike
    "部分单位公开意识有待加强，解读形式较为单一。下一步将加大培训力度，丰富解读方式，完善考核办法，提升公开质量和服务水平。",
    "基层人员更替较快，栏目更新不够均衡，依申请办理流程还需规范。今后将细化分工，定期检查，及时通报，督促整改到位。",
)
_RESULTS = {
    "（三）不予公开": "1.属于国家秘密 2.其他法律行政法规禁止公开 3.危及“三安全一稳定” 4.保护第三方合法权益"
    " 5.属于三类内部事务信息 6.属于四类过程性信息 7.属于行政执法案卷 8.属于行政查询事项",
    "（四）无法提供": "1.本机关不掌握相关政府信息 2.没有现成信息需要另行制作 3.补正后申请内容仍不明确",
    "（五）不予处理": "1.信访举报投诉类申请 2.重复申请 3.要求提供公开出版物 4.无正当理由大量反复申请"
    " 5.要求行政机关确认或重新出具已获取信息",
    "（六）其他处理": "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"
    " 2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请 3.其他",
}


def report(unit: str, year: int) -> str:
    """The body of a report."""
    tables = {HEADS[1]: _documents(), HEADS[2]: _applications(), HEADS[3]: _disputes()}
    return "".join(section(unit, year, head) + tables.get(head, "") for head in HEADS)


def section(unit: str, year: int, head: str) -> str:
    """One section without its table."""
    text = f"{year}年，{unit}按照条例要求做好相关工作，没有收取信息处理费。"
    return f"<p>{head}</p><p>{text}{_PROBLEMS[year % 2] if head == HEADS[4] else ''}</p>"


def row(*cells: object, wide: int = 1) -> str:
    """A row of a table, its first cell `wide` columns wide."""
    first, *others = cells
    return f"<tr><td colspan={wide}>{first}</td>{''.join(f'<td>{cell}</td>' for cell in others)}</tr>"


def decision(name: str, number: object) -> str:
    """A row of the table of documents that holds one figure."""
    return f"<tr><td>{name}</td><td colspan=3>{number}</td></tr>"


def norms(in_force: object) -> str:
    """The row of normative documents: two made, two repealed, so many in force."""
    return row("行政规范性文件", 2, 2, in_force)


def carried_over(number: int) -> str:
    """The row of applications that the year before left open, all by natural persons."""
    return row("二、上年结转政府信息公开申请数量", *_seven(number), wide=3)


def disputes(total: int) -> str:
    """The figures of reconsideration and suits: none, and the total of the reconsiderations."""
    return row(0, 0, 0, 0, total, *[0] * 10)


def _documents() -> str:
    """Section two: documents, licences, penalties, fees."""
    rows = [row("第二十条第（一）项", wide=4), row("信息内容", "本年制发件数", "本年废止件数", "现行有效件数")]
    rows += [row("规章", 0, 0, 0), norms(14)]
    for item, head, names in (
        ("五", "本年处理决定数量", ("行政许可",)),
        ("六", "本年处理决定数量", ("行政处罚", "行政强制")),
        ("八", "本年收费金额（单位：万元）", ("行政事业性收费",)),
    ):
        rows += [row(f"第二十条第（{item}）项", wide=4), decision("信息内容", head)]
        rows += [decision(name, 7) for name in names]
    return f"<table>{''.join(rows)}</table>"


def _applications() -> str:
    """Section three: one application carried over, two new, two granted; all by natural persons."""
    rows = [
        "<tr><td colspan=3 rowspan=3>（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）</td>"
        "<td colspan=7>申请人情况</td></tr>",
        "<tr><td rowspan=2>自然人</td><td colspan=5>法人或其他组织</td><td rowspan=2>总计</td></tr>",
        row("商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他"),
        row("一、本年新收政府信息公开申请数量", *_seven(2), wide=3),
        carried_over(1),
    ]
    results = [row("（一）予以公开", *_seven(2), wide=2), row("（二）部分公开", *_seven(0), wide=2)]
    for group, names in _RESULTS.items():
        for n, name in enumerate(parts := names.split()):
            made = row(name, *_seven(0))
            results.append(made if n else made.replace("<tr>", f"<tr><td rowspan={len(parts)}>{group}</td>"))
    results.append(row("（七）总计", *_seven(2), wide=2))
    results[0] = results[0].replace("<tr>", f"<tr><td rowspan={len(results)}>三、本年度办理结果</td>")
    return f"<table>{''.join([*rows, *results, row('四、结转下年度继续办理', *_seven(1), wide=3)])}</table>"


def _seven(number: int) -> tuple[int, ...]:
    return (number, 0, 0, 0, 0, 0, number)


def _disputes() -> str:
    """Section four: none."""
    five = ("结果维持", "结果纠正", "其他结果", "尚未审结", "总计")
    heads = "<tr><td colspan=5>行政复议</td><td colspan=10>行政诉讼</td></tr>"
    heads += f"<tr>{''.join(f'<td rowspan=2>{h}</td>' for h in five)}<td colspan=5>未经复议直接起诉</td><td colspan=5>复议后起诉</td></tr>"
    return f"<table>{heads}{row(*five, *five)}{disputes(0)}</table>"
