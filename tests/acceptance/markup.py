"""How do real sites write a list, a foot, a board column? Renderers, each unlike the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from tests.acceptance.kit import RULES, STATUTORY, City, Row, Site

Date = Callable[[date], str]


def iso(d: date) -> str:
    return d.isoformat()


def cn(d: date) -> str:
    return f"{d.year}年{d.month}月{d.day}日"


def slash(d: date) -> str:
    return f"{d.year}/{d.month}/{d.day}"


def md(d: date) -> str:
    return f"{d:%m-%d}"


def dots(d: date) -> str:
    return f"{d:%Y.%m.%d}"


def wide(d: date) -> str:
    return d.isoformat().translate(str.maketrans("0123456789-", "０１２３４５６７８９－"))


def ul(rows: Iterable[Row], f: Date = iso, wrap: str = "[{}]") -> str:
    """TRS: li with a and span."""
    return (
        '<ul class="list-01">'
        + "".join(
            f'<li><a href="{r.path}" target="_blank" title="{r.title}">{r.title}</a><span>{wrap.format(f(r.day))}</span></li>\n'
            for r in rows
        )
        + "</ul>"
    )


def cut(rows: Iterable[Row], f: Date = iso) -> str:
    """Titles cut with an ellipsis; the full one stands in `title` for every other row only."""
    out = []
    for i, r in enumerate(rows):
        full = f' title="{r.title}"' if i % 2 else ""
        out.append(
            f'<li><em class="dot">·</em><a href="{r.path}"{full}>{r.title[:12]}…</a><span class="r">{f(r.day)}</span></li>'
        )
    return f'<div class="newsbox"><ul>{"".join(out)}</ul></div>'


def dl(rows: Iterable[Row], f: Date = cn) -> str:
    """dl with dt (link) and dd (date), as TRS WAS writes."""
    return (
        '<div class="dlist">'
        + "".join(f'<dl><dt><a href="{r.path}">{r.title}</a></dt><dd>{f(r.day)}</dd></dl>' for r in rows)
        + "</div>"
    )


def table(rows: Iterable[Row], f: Date = slash) -> str:
    """A list as a table with number, title and date cells."""
    body = "".join(
        f'<tr><td width=30>{i}</td><td align=left><a href="{r.path}" class=b>{r.title}</a></td>'
        f'<td width="100" nowrap>{f(r.day)}</td></tr>'
        for i, r in enumerate(rows, 1)
    )
    return f'<table width="98%" cellpadding=0><tr><th>序号</th><th>标题</th><th>发布日期</th></tr>{body}</table>'


def cards(rows: Iterable[Row]) -> str:
    """div cards with the day in one cell and year-month in another."""
    return (
        '<div class="cards">'
        + "".join(
            f'<div class="card"><div class="time"><b>{r.day:%d}</b><span>{r.day:%Y-%m}</span></div>'
            f'<div class="txt"><a href="{r.path}">{r.title}</a><p>{r.title}的有关情况摘要……</p></div></div>'
            for r in rows
        )
        + "</div>"
    )


def glued(rows: Iterable[Row], f: Date = iso) -> str:
    """The date glued to the end of the title, inside the link."""
    return (
        '<ul class="txtlist">'
        + "".join(f'<li>· <a href="{r.path}">{r.title}({f(r.day)})</a></li>' for r in rows)
        + "</ul>"
    )


def before(rows: Iterable[Row], f: Date = dots) -> str:
    """The date stands before the title."""
    return (
        '<ul class="lm">'
        + "".join(f'<li><i>{f(r.day)}</i> <a href="{r.path}">{r.title}</a></li>' for r in rows)
        + "</ul>"
    )


def jpage(rows: Iterable[Row]) -> str:
    """Hanweb: the rows stand as CDATA in a script of type text/xml."""
    recs = "".join(
        f'<record><![CDATA[<li><a href="{r.path}" title="{r.title}">{r.title}</a><span class="bt-data-time">'
        f"[{r.day}]</span></li>]]></record>"
        for r in rows
    )
    return (
        f'<div id="1042" class="default_pgContainer"></div><script type="text/xml"><datastore><nextgroup><![CDATA['
        f'<a href="/module/web/jpage/dataproxy.jsp?startrecord=46&endrecord=90&perpage=15"></a>]]></nextgroup>'
        f"<recordset>{recs}</recordset></datastore></script><script>var pageArgs={{perpage:15}};</script>"
    )


def ajax(api: str) -> str:
    """A list that only a browser would show."""
    return (
        f'<div id="app"><ul class="list" v-cloak><li v-for="x in items"><a :href="x.url">{{{{x.title}}}}</a>'
        f'<span>{{{{x.date}}}}</span></li></ul></div><script src="/js/vue.min.js"></script><script>'
        f'axios.post("{api}",{{pageNo:1,pageSize:15}}).then(function(r){{app.items=r.data.rows}});</script>'
    )


def guide(unit: str) -> str:
    """The text of a guide, with what 条例 art. 12 asks."""
    return (
        f"<div class='con'><p>为了更好地提供政府信息公开服务，方便公民、法人或者其他组织获取{unit}的政府信息，根据"
        f"《中华人民共和国政府信息公开条例》（国务院令第711号），编制本指南。</p><p>一、信息分类和编排体系。本机关负责"
        f"主动公开的信息按机构职能、规划计划、行政许可、财政信息等编排。</p><p>二、获取方式。可在本网站政府信息公开专栏、"
        f"政务公开窗口查阅。</p><p>三、政府信息公开工作机构：{unit}办公室；办公地址：{City.name}长征街1号；办公时间："
        f"工作日8:00-12:00，14:30-18:00；联系电话：0350-3030303；传真：0350-3030304；电子邮箱：gk@example.gov.cn。</p></div>"
    )


def request(unit: str, form: str = "") -> str:
    """依申请公开 with ways to apply."""
    return (
        f"<div class='con'><h3>依申请公开</h3><p>公民、法人或者其他组织可以向{unit}申请获取相关政府信息。受理机构："
        f"{unit}办公室；通信地址：{City.name}长征街1号，邮编034000；电子邮箱：gk@example.gov.cn；联系电话0350-3030303。"
        f"</p><p>申请人可填写《政府信息公开申请表》后当面、邮寄或通过电子邮件提交。</p>{form}</div>"
    )


FORM = (
    '<form action="/apply.do" method="post">姓名<input name="xm"> 证件号码<input name="zjhm"> 所需信息的内容描述'
    '<textarea name="nr"></textarea><input type="submit" value="提交申请"></form>'
)


def catalogue(unit: str) -> str:
    """A catalogue as a table."""
    rows = "".join(
        f"<tr><td>{i}</td><td>{s}</td><td>{unit}{s}有关信息</td><td>《中华人民共和国政府信息公开条例》第二十条</td>"
        f"<td>自信息形成之日起20个工作日内</td><td>{unit}</td></tr>"
        for i, s in enumerate(STATUTORY, 1)
    )
    return f"<table border=1><tr><th>序号</th><th>事项</th><th>内容</th><th>依据</th><th>时限</th><th>主体</th></tr>{rows}</table>"


def rules_rows(site: Site, col: str, style: str = "trs") -> list[Row]:
    """Rules on openness carry their own, old dates; an old rule is no stale column."""
    return site.rows(col, RULES, (2400, 1500, 1480, 1480, 1475, 2000), style)


def statutory(site: Site, base: str) -> str:
    """法定主动公开内容: sub-columns by 条例 art. 20, and some lines of each."""
    items = []
    for i, name in enumerate(STATUTORY):
        path = f"{base}{['jgzn', 'ghjh', 'xzxk', 'cfqz', 'ysjs', 'sfxm', 'zfcg', 'zdxm', 'yjgl'][i]}/"
        site.wrap(
            path,
            name,
            f"<h2>{name}</h2><p>{name}：本机关依照法律、法规和“三定”规定，公开{name}方面的信息，包括依据、条件、"
            "程序、结果及联系方式等内容，供公众查阅。</p><p>内设办公室、法规科、业务科等，办公地址见指南。</p>",
        )
        items.append(f'<li><a href="{site.base}{path}">{name}</a></li>')
    return f'<h2>法定主动公开内容</h2><ul class="sub">{"".join(items)}</ul>'


def report_title(unit: str, year: int) -> str:
    return f"{unit}{year}年政府信息公开工作年度报告"


SECTIONS = (
    "一、总体情况",
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
    "五、存在的主要问题及改进情况",
    "六、其他需要报告的事项",
)


def report_body(unit: str, year: int) -> str:
    return "".join(
        f"<p><strong>{s}</strong></p><p>{year}年，{unit}按照要求开展工作，本节所列数据的统计期限自{year}年1月1日起"
        f"至{year}年12月31日止。</p>"
        for s in SECTIONS
    )


def reports(
    site: Site,
    col: str,
    unit: str,
    group: str,
    years: int = 4,
    *,
    skip_latest: bool = False,
    published: Callable[[int], date] | None = None,
    style: str = "trs",
) -> list[Row]:
    """Annual reports of several years, newest first, each published in January of the next year."""
    due = site.city.due(group)
    out = []
    for year in range(due - (1 if skip_latest else 0), due - years, -1):
        day = published(year) if published else date(year + 1, 1, 12 + year % 9)
        ago = (site.city.today - day).days
        row = site.rows(col, [report_title(unit, year)], [ago], style, article=False)[0]
        site.article(row.path[len(site.base) :], row.title, day, body=report_body(unit, year))
        out.append(row)
    return out


def code_of(n: int) -> str:
    return f"1488{n:02d}0001"[:10].ljust(10, "0")


def foot(n: int, who: str, kind: int = 0, *, without: str = "") -> str:
    """The five marks of a foot in one of several spellings; `without` leaves marks out by name."""
    code, icp, ga = code_of(n), f"{12000000 + n * 1371}", f"148800020{n:05d}"
    parts = {
        0: {
            "sponsor": f"主办单位：{who}办公室",
            "contact": "联系电话：0350-3021234",
            "code": f"网站标识码：{code}",
            "icp": f"晋ICP备{icp}号-1",
            "police": f"晋公网安备 {ga}号",
        },
        1: {
            "sponsor": f"{who}主办",
            "contact": "联 系 我 们：（0350）3021 234　地址：长征西街23号",
            "code": f"政府网站标识码 {code}",
            "icp": f"备案许可证号：晋 ICP 备 {icp} 号",
            "police": f"晋公网安备号：{ga}",
        },
        2: {
            "sponsor": f"主办：{who}",
            "contact": "电话:0350-3021234 邮箱:web@example.gov.cn",
            "code": "网&nbsp;站&nbsp;标&nbsp;识&nbsp;码："
            + code.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
            "icp": f"ICP备案号：<a href='https://beian.miit.gov.cn/'>晋ICP备2022{icp[-6:]}号</a>",
            "police": f"<img src='/images/ba.png'>公安备案号：{ga[:8]}-{ga[-5:]}",
        },
        3: {
            "sponsor": f"<b>主</b>办<b>单</b>位 ： {who}办公室",
            "contact": "<span>联系方式</span>：<span>0350-3021234</span>",
            "code": f"网站<span>标识码</span>:{code}",
            "icp": f"晋ICP备：{icp}号-3",
            "police": f"<a href='http://www.beian.gov.cn/portal/registerSystemInfo?recordcode={ga}'>晋公网安备{ga}号</a>",
        },
    }[kind]
    keep = [v for k, v in parts.items() if k not in without.split()]
    return f'<div class="footer" id="foot">版权所有 © 2016-{2020 + n % 6} {who}　{"　|　".join(keep)}</div>'


KINDS = ("guide", "rules", "statutory", "catalogue", "annual_report", "request")
NAMES = {
    "guide": "政府信息公开指南",
    "rules": "政府信息公开制度",
    "statutory": "法定主动公开内容",
    "catalogue": "政府信息公开基本目录",
    "annual_report": "政府信息公开年报",
    "request": "依申请公开",
}
SLUGS = {
    "guide": "xxgkzn",
    "rules": "xxgkzd",
    "statutory": "fdzdgknr",
    "catalogue": "jbml",
    "annual_report": "xxgknb",
    "request": "ysqgk",
}
SOFT = (
    "<html><head><title>提示信息</title></head><body><div class='tip'><p>抱歉，您访问的页面不存在或已被删除！</p>"
    "<a href='/'>返回首页</a></div></body></html>"
)


def columns(
    site: Site,
    base: str,
    who: str,
    group: str,
    *,
    names: dict[str, str] | None = None,
    slugs: dict[str, str] | None = None,
    lister: Callable[..., str] = ul,
    style: str = "trs",
    drop: Iterable[str] = (),
    broken: dict[str, str] | None = None,
    annual: list[Row] | None = None,
) -> dict[str, tuple[str, str]]:
    """Make the board's columns under `base`; kind -> (name shown, path with the site's base).

    drop    kinds that get no page and no entry
    broken  kind -> 404 (entry without page), blank (栏目建设中), soft (an error text with status 200)
    """
    names, slugs, broken = {**NAMES, **(names or {})}, {**SLUGS, **(slugs or {})}, broken or {}
    out: dict[str, tuple[str, str]] = {}
    for kind in KINDS:
        if kind in drop:
            continue
        path = f"{base}/{slugs[kind]}/"
        name = names[kind]
        out[kind] = (name, site.base + path)
        plain = "".join(name.replace("<br>", "").replace("&nbsp;", "").split())
        fault = broken.get(kind)
        if fault == "404":
            continue
        if fault == "blank":
            site.wrap(
                path,
                plain,
                f"<div class='pos'>当前位置：首页 &gt; {plain}</div><div class='list'>栏目建设中，敬请期待……</div>",
            )
            continue
        if fault == "soft":
            site.put(path, SOFT)
            continue
        if kind == "guide":
            body = guide(who)
        elif kind == "rules":
            body = lister(rules_rows(site, path.strip("/"), style))
        elif kind == "statutory":
            body = statutory(site, path.rstrip("/"))
        elif kind == "catalogue":
            body = catalogue(who)
        elif kind == "annual_report":
            body = lister(annual if annual is not None else reports(site, path.strip("/"), who, group, style=style))
        else:
            body = request(who, FORM)
        site.wrap(
            path,
            plain,
            f"<div class='pos'>当前位置：<a href='{site.base}/'>首页</a> &gt; 政府信息公开 &gt; {plain}</div>{body}",
        )
    return out


def channel(site: Site, path: str, name: str, rows: list[Row], render: Callable[..., str] = ul, **more: object) -> str:
    """A list page for `rows`; returns its path."""
    site.wrap(path, name, f"<div class='pos'>您的位置：首页 &gt;&gt; {name}</div><h2>{name}</h2>{render(rows, **more)}")
    return site.base + path


def links(pairs: Iterable[tuple[str, str]], item: str = '<li><a href="{1}">{0}</a></li>') -> str:
    """(name, path) pairs as entries of a menu."""
    return "".join(item.format(name, path) for name, path in pairs)
