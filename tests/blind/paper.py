"""The national annual report of 30号 as HTML and docx, balanced unless asked otherwise."""

import io

SECTIONS = (
    "一、总体情况",
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
    "五、存在的主要问题及改进情况",
    "六、其他需要报告的事项",
)
RESULTS = (
    ("（一）予以公开", ""),
    ("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", ""),
    ("（三）不予公开", "1.属于国家秘密"),
    ("", "2.其他法律行政法规禁止公开"),
    ("", "3.危及“三安全一稳定”"),
    ("", "4.保护第三方合法权益"),
    ("", "5.属于三类内部事务信息"),
    ("", "6.属于四类过程性信息"),
    ("", "7.属于行政执法案卷"),
    ("", "8.属于行政查询事项"),
    ("（四）无法提供", "1.本机关不掌握相关政府信息"),
    ("", "2.没有现成信息需要另行制作"),
    ("", "3.补正后申请内容仍不明确"),
    ("（五）不予处理", "1.信访举报投诉类申请"),
    ("", "2.重复申请"),
    ("", "3.要求提供公开出版物"),
    ("", "4.无正当理由大量反复申请"),
    ("", "5.要求行政机关确认或重新出具已获取信息"),
    ("（六）其他处理", "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"),
    ("", "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请"),
    ("", "3.其他"),
)
SPANS = {2: 8, 10: 3, 13: 5, 18: 3}
TEXT = (
    "<p>2025年，本机关认真贯彻《中华人民共和国政府信息公开条例》，全年主动公开信息六百余条，收到依申请公开八件，均按期答复，平台运行平稳。</p>",
    "",
    "",
    "",
    "<p>存在公开内容不够全面、解读形式单一等问题。下一步将加强培训，丰富解读形式，提升公开质量。</p>",
    "<p>按照《政府信息公开信息处理费管理办法》，本年度未收取信息处理费。</p>",
)


def figures(arithmetic: bool) -> tuple[list[list[int]], list[int]]:
    """Rows of the table on applications (new, carried in, 21 results, total, carried over), seven numbers each; and the fifteen of section four."""
    results = [[0] * 6 for _ in RESULTS]
    results[0] = [4, 1, 0, 0, 0, 0]
    results[1] = [1, 0, 0, 0, 1, 0]
    results[10] = [1, 0, 0, 0, 0, 1]
    total = [sum(r[c] for r in results) for c in range(6)]
    new, before, after = (
        [t + (1 if c == 0 else 0) - (1 if c == 1 else 0) for c, t in enumerate(total)],
        [0, 1, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0],
    )
    if not arithmetic:
        total = [total[0] + 2, *total[1:]]
    rows = [[*r, sum(r)] for r in (new, before, *results, total, after)]
    return rows, [1, 0, 1, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]


def _cell(tag: str, text: object, fancy: int, **span: int) -> str:
    attrs = "".join(f' {k}="{v}"' for k, v in span.items() if v > 1)
    inner = (
        f'<p class="MsoNormal" align="center"><span style="font-family:宋体">{text}</span></p>'
        if fancy == 1
        else f"&nbsp;{text}&nbsp;"
        if fancy == 2
        else str(text)
    )
    return f"<{tag}{attrs}>{inner}</{tag}>"


def html_report(
    name: str, year: int, *, arithmetic: bool = True, sections: bool = True, picture: bool = False, fancy: int = 0
) -> str:
    """The report's body; `picture` puts the tables in as images, `sections` False leaves out the fifth."""

    def c(text: object, **span: int) -> str:
        return _cell("td", text, fancy, **span)

    rows, suits = figures(arithmetic)
    first = (
        "<table border='1'>"
        + "".join(
            "<tr>" + "".join(r) + "</tr>"
            for r in (
                [c("第二十条第（一）项", colspan=4)],
                [c(x) for x in ("信息内容", "本年制发件数", "本年废止件数", "现行有效件数")],
                [c(x) for x in ("规章", 0, 0, 0)],
                [c(x) for x in ("行政规范性文件", 3, 1, 21)],
                [c("第二十条第（五）项", colspan=4)],
                [c("信息内容"), c("本年处理决定数量", colspan=3)],
                [c("行政许可"), c(126, colspan=3)],
                [c("第二十条第（六）项", colspan=4)],
                [c("信息内容"), c("本年处理决定数量", colspan=3)],
                [c("行政处罚"), c(18, colspan=3)],
                [c("行政强制"), c(0, colspan=3)],
                [c("第二十条第（八）项", colspan=4)],
                [c("信息内容"), c("本年收费金额（单位：万元）", colspan=3)],
                [c("行政事业性收费"), c("12.5", colspan=3)],
            )
        )
        + "</table>"
    )
    second = [
        c("（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", rowspan=3, colspan=3)
        + c("申请人情况", colspan=7),
        c("自然人", rowspan=2) + c("法人或其他组织", colspan=5) + c("总计", rowspan=2),
        "".join(c(x) for x in ("商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他")),
        c("一、本年新收政府信息公开申请数量", colspan=3) + "".join(c(x) for x in rows[0]),
        c("二、上年结转政府信息公开申请数量", colspan=3) + "".join(c(x) for x in rows[1]),
    ]
    for i, (block, label) in enumerate(RESULTS):
        head = c("三、本年度办理结果", rowspan=22) if i == 0 else ""
        names = c(block, colspan=2) if not label else (c(block, rowspan=SPANS[i]) if i in SPANS else "") + c(label)
        second.append(head + names + "".join(c(x) for x in rows[2 + i]))
    second.append(c("（七）总计", colspan=2) + "".join(c(x) for x in rows[23]))
    second.append(c("四、结转下年度继续办理", colspan=3) + "".join(c(x) for x in rows[24]))
    kinds = ("结果维持", "结果纠正", "其他结果", "尚未审结", "总计")
    third = [
        c("行政复议", colspan=5) + c("行政诉讼", colspan=10),
        "".join(c(k, rowspan=2) for k in kinds) + c("未经复议直接起诉", colspan=5) + c("复议后起诉", colspan=5),
        "".join(c(k) for k in kinds * 2),
        "".join(c(x) for x in suits),
    ]
    tables = {
        1: first,
        2: "<table border='1'>" + "".join(f"<tr>{r}</tr>" for r in second) + "</table>",
        3: "<table>" + "".join(f"<tr>{r}</tr>" for r in third) + "</table>",
    }
    out = [f"<p>根据《中华人民共和国政府信息公开条例》，现公布{name}{year}年政府信息公开工作年度报告。</p>"]
    for n, title in enumerate(SECTIONS):
        if n == 4 and not sections:
            continue
        out.append(f"<p><strong>{title}</strong></p>{TEXT[n].replace('2025', str(year))}")
        if n in tables:
            out.append(f'<p><img src="/images/table{n}.png" alt=""></p>' if picture else tables[n])
    return "".join(out)


def docx_report(name: str, year: int, arithmetic: bool = True) -> bytes:
    """The same report as a Word file, its spans merged."""
    import docx
    from lxml import html as lx

    d = docx.Document()
    d.add_paragraph(f"{name}{year}年政府信息公开工作年度报告")
    for el in lx.fragments_fromstring(html_report(name, year, arithmetic=arithmetic)):
        if el.tag != "table":
            d.add_paragraph(el.text_content())
            continue
        taken: dict[tuple[int, int], bool] = {}
        cells = []
        for r, tr in enumerate(el.iter("tr")):
            x = 0
            for td in tr:
                while taken.get((r, x)):
                    x += 1
                h, w = int(td.get("rowspan", 1)), int(td.get("colspan", 1))
                for dr in range(h):
                    for dx in range(w):
                        taken[r + dr, x + dx] = True
                cells.append((r, x, h, w, td.text_content()))
                x += w
        table = d.add_table(rows=max(k[0] for k in taken) + 1, cols=max(k[1] for k in taken) + 1)
        grid = [list(row.cells) for row in table.rows]
        for r, x, h, w, text in cells:
            cell = grid[r][x]
            if h > 1 or w > 1:
                cell = cell.merge(grid[r + h - 1][x + w - 1])
            cell.text = text
    out = io.BytesIO()
    d.save(out)
    return out.getvalue()
