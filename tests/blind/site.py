"""One made-up government site in the manner of one of the common systems, clean unless its maker spoils it.

`Site(...)` holds what the site has (columns with items, board, report, foot, switch); `build()` writes its pages in its
flavour. Everything that varies is drawn from `random.Random(seed)`, so that the same seed gives the same site.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape

from tests.blind import paper
from tests.blind.serve import Answer, Host

AREA = ("河川", "青崖", "石堡", "东坪", "望岭", "古渡", "长岭", "双塔", "云中", "平岗", "南坪", "北寨", "西堰", "临溪")
VERBS = ("召开", "组织开展", "举行", "扎实推进", "专题研究", "全面部署", "深入开展", "有序推进")
THINGS = (
    "安全生产工作会议",
    "乡村振兴现场会",
    "防汛抗旱调度",
    "营商环境座谈会",
    "主题党日活动",
    "食品安全检查",
    "项目建设推进会",
    "森林防火巡查",
    "就业援助月活动",
    "政务公开培训",
)
NOTICES = (
    "关于{a}停水检修的通告",
    "{a}事业单位公开招聘公告",
    "关于{a}道路封闭施工的公告",
    "{a}农机购置补贴公示",
    "关于开展{a}文明创建的通知",
    "{a}保障性住房配租结果公示",
)
POLICIES = (
    "关于印发{a}优化营商环境实施方案的通知",
    "关于加强{a}城区扬尘治理的意见",
    "关于促进{a}民营经济发展的若干措施",
    "关于公布{a}行政事业性收费目录的通知",
)


@dataclass
class Item:
    """A row of a list: `shown` is the day printed, None for none; `address` is the day in the address."""

    title: str
    shown: date | None
    path: str = ""
    address: date | None = None
    pinned: bool = False
    body: str = ""
    out: str = ""


@dataclass
class Column:
    """A list of the site. `kind` is news, notice, policy, interpretation, topic, other."""

    kind: str
    label: str
    slug: str
    items: list[Item] = field(default_factory=list)
    text: str = ""
    raw: str = ""
    status: int = 200


# ---------------------------------------------------------------------------------------------- how a row is written


def _dash(d: date) -> str:
    return d.isoformat()


DAYS: dict[str, Callable[[date, date], str]] = {
    "dash": lambda d, t: d.isoformat(),
    "bracket": lambda d, t: f"[{d.isoformat()}]",
    "slash": lambda d, t: f"{d.year}/{d.month}/{d.day}",
    "dot": lambda d, t: d.strftime("%Y.%m.%d"),
    "cn": lambda d, t: f"{d.year}年{d.month}月{d.day}日",
    "cn0": lambda d, t: d.strftime("%Y年%m月%d日"),
    "clock": lambda d, t: d.isoformat() + " 09:3" + str(d.day % 10) + ":00",
    "md": lambda d, t: d.strftime("%m-%d"),
    "mdcn": lambda d, t: d.strftime("%m月%d日"),
    "mdslash": lambda d, t: d.strftime("(%m/%d)"),
    "relative": lambda d, t: {0: "今天", 1: "昨天", 2: "前天"}.get((t - d).days, d.isoformat()),
    "wide": lambda d, t: d.isoformat().translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    "paren": lambda d, t: f"（{d.isoformat()}）",
    "yy": lambda d, t: d.strftime("%y-%m-%d"),
    "short": lambda d, t: f"{d.year}-{d.month}-{d.day}",
}
YEARLESS = {"md", "mdcn", "mdslash", "day_cell_md"}


def _cut(title: str) -> str:
    return title if len(title) < 18 else title[:16] + "…"


def row(style: str, day: str, item: Item, today: date, no: int) -> str:
    """One row in HTML; without a shown day the cell stays away."""
    d = DAYS[day](item.shown, today) if item.shown else ""
    t, h = escape(item.title), escape(item.out or item.path)
    pin = (
        '<img src="/images/new.gif" alt="">'
        if item.pinned and no % 2
        else "<font color=red>[置顶]</font>"
        if item.pinned
        else ""
    )
    cell = f"<span>{d}</span>" if d else ""
    match style:
        case "li":
            return f'<li>{pin}<a href="{h}" target="_blank" title="{t}">{_cut(t)}</a>{cell}</li>'
        case "li_before":
            return (
                f'<li><span class="time fr">{d}</span>{pin}<a href="{h}">{t}</a></li>'
                if d
                else f'<li><a href="{h}">{t}</a></li>'
            )
        case "vsb":
            return f'<li id="line_u{8 + no // 20}_{no}"><a href="{h}"><em>{t}</em>{pin}<i>{d}</i></a></li>'
        case "tr":
            return (
                f'<tr height="26"><td width="12" align="center"><img src="/images/dot.gif"></td><td><a href="{h}" class="c5" title="{t}">{_cut(t)}</a>{pin}</td>'
                f'<td width="90" align="right" class="timestyle5">{d}&nbsp;</td></tr>'
            )
        case "dl":
            return (
                f'<dl class="clearfix"><dt><a href="{h}" title="{t}">{_cut(t)}</a></dt><dd>发布时间：{d}</dd></dl>'
                if d
                else f'<dl><dt><a href="{h}">{t}</a></dt></dl>'
            )
        case "card":
            if not item.shown:
                return f'<div class="item"><h3><a href="{h}">{t}</a></h3></div>'
            return (
                f'<div class="item clearfix"><div class="day"><b>{item.shown.day:02d}</b><span>{item.shown:%Y-%m}</span></div>'
                f'<h3><a href="{h}" title="{t}">{t}</a></h3><p class="zy">{t[:12]}，各有关单位参加。<a href="{h}">[详细]</a></p></div>'
            )
        case "p":
            return f'<p class="line">·&nbsp;<a href="{h}">{t}</a>&emsp;<font color="#999999">{d}</font></p>'
        case "nested":
            return (
                f'<tr><td><table width="100%" border="0"><tr><td width="80%">◆<a href="{h}" class="bt">{t}</a></td><td align="right"><font color="gray">{d}</font></td>'
                f"</tr></table></td></tr>"
            )
        case "numbered":
            return f'<tr><td>{no + 1}</td><td class="bt"><a href="{h}" title="{t}">{t}</a></td><td>{d}</td></tr>'
        case "em_day":
            if not item.shown:
                return f'<li><a href="{h}">{t}</a></li>'
            return f'<li><em><b>{item.shown.day:02d}</b><i>{item.shown.year}.{item.shown.month:02d}</i></em><a href="{h}" title="{t}">{_cut(t)}</a></li>'
        case "a_block":
            return f'<a class="news-item" href="{h}" target="_blank"><div class="txt"><h4>{t}</h4><p>{t[:10]}……</p></div><div class="time">{d}</div></a>'
        case "td_first":
            return f'<tr class="tr{no % 2}"><td class="d">{d}</td><td><a href="{h}">{t}</a></td><td>{no + 3}</td></tr>'
        case "table_gk":
            return f'<tr><td>014099{no:03d}/{today.year}-0{no:04d}</td><td><a href="{h}" title="{t}">{_cut(t)}</a></td><td>办公室</td><td>{d}</td><td>{d}</td></tr>'
        case "br":
            return f'<img src="/images/dot.gif"> <a href="{h}">{t}</a> {d}<br>'
        case "div_pair":
            return f'<div class="row"><div class="col-md-9"><a href="{h}" title="{t}">{_cut(t)}</a></div><div class="col-md-3 text-right">{d}</div></div>'
        case "title_attr":
            return f'<li><a href="{h}" title="{t}&#10;发布时间：{d}">{_cut(t)}</a></li>'
    raise ValueError(style)


def listed(style: str, rows: list[str], label: str = "") -> str:
    """The rows in the container their style stands in."""
    inner = "\n".join(rows)
    if style in {"li", "li_before", "vsb", "title_attr"}:
        return f'<ul class="list_ul newslist">\n{inner}\n</ul>'
    if style == "tr":
        return f'<table width="100%" border="0" cellspacing="0" cellpadding="0" class="winstyle5">{inner}</table>'
    if style == "em_day":
        return f'<ul class="gl">{inner}</ul>'
    if style == "td_first":
        return f"<table class='tb'><tr><td>日期</td><td>标题</td><td>点击</td></tr>{inner}</table>"
    if style == "table_gk":
        return f"<table class='zwgk'><tr><th>索引号</th><th>信息名称</th><th>发布机构</th><th>生成日期</th><th>发布日期</th></tr>{inner}</table>"
    if style == "br":
        return f'<td class="lb">{inner}</td>'
    if style == "nested":
        return f'<table width="96%" align="center"><tbody>{inner}</tbody></table>'
    if style == "numbered":
        return f"<table class='gklist'><thead><tr><th>序号</th><th>标题</th><th>发布日期</th></tr></thead><tbody>{inner}</tbody></table>"
    return f'<div class="pageList">{inner}</div>'


def datastore(style: str, rows: list[str]) -> str:
    """The same rows as jpage hides them: records in a script of XML."""
    records = "".join(f"<record><![CDATA[{r}]]></record>" for r in rows)
    return (
        '<div id="385921"><script type="text/xml"><datastore><nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?page=1&appid=1&webid=3&columnid=282"></a>]]></nextgroup>'
        f"<recordset>{records}</recordset></datastore></script></div><script src='/script/jpage.js'></script>"
    )


# ---------------------------------------------------------------------------------------------- addresses of systems

SCHEMES: dict[str, tuple[Callable[[str, int], str], Callable[[str, int, date, int], str]]] = {
    "trs": (lambda s, n: f"/{s}/index.shtml", lambda s, n, d, i: f"/{s}/{d:%Y%m}/t{d:%Y%m%d}_{41900 + i}.shtml"),
    "trs_dir": (lambda s, n: f"/{s}/", lambda s, n, d, i: f"/{s}/{d:%Y%m}/t{d:%Y%m%d}_{71900 + i}.html"),
    "vsb": (lambda s, n: f"/{s}.htm", lambda s, n, d, i: f"/info/{1010 + n}/{20000 + i}.htm"),
    "hanweb": (
        lambda s, n: f"/col/col{280 + n}/index.html",
        lambda s, n, d, i: f"/art/{d.year}/{d.month}/{d.day}/art_{280 + n}_{1000 + i}.html",
    ),
    "ucap": (
        lambda s, n: f"/c{100010 + n}/list.shtml",
        lambda s, n, d, i: f"/c{100010 + n}/c{525000 + i}/content.html",
    ),
    "aspx": (
        lambda s, n: f"/News_List.aspx?ClassId={n}",
        lambda s, n, d, i: f"/News_Show.aspx?ClassId={n}&id={3000 + i}",
    ),
    "php": (
        lambda s, n: f"/index.php?m=content&c=index&a=lists&catid={n}",
        lambda s, n, d, i: f"/index.php?m=content&c=index&a=show&catid={n}&id={i}",
    ),
    "jsp": (lambda s, n: f"/channel/{s}.do?columnId={n}", lambda s, n, d, i: f"/content/{d:%Y}/{i}.jhtml"),
    "plain": (lambda s, n: f"/{s}/", lambda s, n, d, i: f"/{s}/{8000 + i}.html"),
}
ROWS = (
    "li",
    "li_before",
    "vsb",
    "tr",
    "dl",
    "card",
    "p",
    "nested",
    "numbered",
    "em_day",
    "a_block",
    "td_first",
    "table_gk",
    "br",
    "div_pair",
)

LABELS = {
    "yw": ("政务要闻", "今日要闻", "要闻动态", "时政要闻", "本地要闻"),
    "dt": ("工作动态", "部门动态", "基层动态", "政务动态", "单位动态"),
    "tzgg": ("通知公告", "公示公告", "公告公示", "通知通告"),
    "zcwj": ("政策文件", "政府文件", "政策法规文件", "文件通知"),
    "zcjd": ("政策解读", "解读回应", "政策图解"),
    "ztzl": ("专题专栏", "专题集锦", "热点专题"),
    "hdjl": ("互动交流", "政民互动", "公众参与"),
    "board": ("政府信息公开", "信息公开", "政府信息公开专栏", "政务公开"),
    "zn": ("政府信息公开指南", "信息公开指南", "公开指南"),
    "zd": ("政府信息公开制度", "信息公开制度", "公开制度"),
    "fd": ("法定主动公开内容", "法定公开内容", "主动公开内容"),
    "ml": ("基本目录", "政府信息公开目录", "公开目录", "主动公开基本目录"),
    "nb": ("政府信息公开年报", "信息公开年报", "政府信息公开年度报告", "公开年报"),
    "ysq": ("依申请公开", "政府信息公开申请", "我要申请"),
}
ABBREVIATED = {
    "市人力资源和社会保障局": "市人社局",
    "晋丰市住房和城乡建设局": "晋丰市住建局",
    "市自然资源和规划局": "市自规局",
    "市卫生健康委员会": "市卫健委",
}
WIDE = {  # names that a unit may give and a person understands
    "yw": ("政务播报", "新闻中心", "本局要闻", "县域新闻", "时政新闻", "信息速递", "政务新闻", "头条新闻"),
    "dt": ("工作信息", "局务动态", "系统动态", "乡镇动态", "业务动态", "部门信息", "工作简报", "基层信息"),
    "tzgg": ("公告栏", "公告", "公示公告栏", "政务公告", "通知", "公示通知", "最新公告", "公告信息", "重要通知"),
    "zcwj": ("政府文件", "规范性文件", "政策法规", "公文公开", "政务文件", "文件公开", "政策库", "市局文件"),
    "zcjd": ("解读", "文件解读", "政策问答", "一图读懂", "政策宣讲"),
    "ztzl": ("专题", "专题报道", "热点专栏", "专题活动", "专题集", "主题专栏", "专题聚焦"),
    "hdjl": ("互动", "政民互动", "网上互动", "民声通道", "交流互动", "问政互动", "互动平台"),
    "board": (
        "政府信息公开",
        "信息公开",
        "政务公开",
        "政府信息公开平台",
        "部门信息公开",
        "信息公开专栏",
        "政府信息公开网",
    ),
    "zn": ("公开指南", "指南", "信息公开指引", "政务公开指南", "公开指引", "指南和目录"),
    "zd": ("公开制度", "制度规定", "信息公开规定", "公开规定", "规章制度", "工作制度", "公开条例"),
    "fd": ("法定主动公开", "主动公开", "公开内容", "重点公开", "法定公开", "主动公开信息", "公开信息"),
    "ml": ("公开目录", "目录", "公开事项目录", "信息目录", "主动公开事项目录", "公开标准目录"),
    "nb": ("公开年报", "年报", "年度报告", "工作年报", "信息公开报告", "公开工作年度报告", "年度工作报告", "历年年报"),
    "ysq": ("依申请", "公开申请", "申请公开", "信息申请", "依申请公开办理", "在线申请", "申请"),
}
SLUGS = {"zn": "zfxxgkzn", "zd": "zfxxgkzd", "fd": "fdzdgknr", "ml": "zfxxgkml", "nb": "zfxxgknb", "ysq": "ysqgk"}
ELDER = ("link", "script", "slb", "query")


class Site:
    """A site under construction: columns, board and knobs; `build` turns it into pages of `host`."""

    def __init__(
        self,
        host: Host,
        name: str,
        group: str,
        today: date,
        port: int,
        seed: int = 0,
        prefix: str = "",
        **knobs: object,
    ) -> None:
        self.host, self.name, self.group, self.today, self.port, self.prefix = host, name, group, today, port, prefix
        self.rng = random.Random(f"{name}{seed}")
        rng, pick = self.rng, self.rng.choice
        self.k: dict[str, object] = {
            "scheme": pick(list(SCHEMES)),
            "row": pick(ROWS),
            "home_row": pick(ROWS),
            "day": pick(("dash", "bracket", "slash", "dot", "cn", "cn0", "clock", "paren", "short")),
            "home_day": pick(("dash", "md", "mdcn", "bracket", "mdslash", "dot", "cn")),
            "store": False,
            "charset": "utf-8",
            "declare": None,
            "menu": pick(("ul", "table", "div", "nested", "dd")),
            "elder": pick(ELDER),
            "board": pick(("menu", "tabs", "cards", "tree", "frame", "table")),
            "foot": pick((0, 1, 2, 3, 4)),
            "report": "html",
            "labels": {},
            "letters": pick(("table", "li", "blocks")),
            "meta": pick(("table", "dl", "p", "th")),
            "banner": rng.random() < 0.6,
            "report_day": None,
            "image_menu": None,
            "topic": pick(("list", "links")),
            "grouped": rng.random() < 0.35,
            "side": rng.random() < 0.4,
            "guide_form": pick(("html", "html", "pdf", "word", "image")),
            "prefixed": rng.random() < 0.25,
            "report_title": pick(("full", "full", "short", "abbrev")),
            "home_kind": pick(("blocks", "blocks", "blocks", "tabs", "carousel")),
            "spaced": rng.random() < 0.15,
            "absolute": rng.random() < 0.3,
            "article_day": pick(("span", "meta", "cn")),
        }
        self.k.update(knobs)
        if self.k["scheme"] in ("vsb",) and "row" not in knobs:
            self.k["row"] = pick(("vsb", "tr", "li"))
        self.area = name if group == "county" else pick(AREA)
        self.n = 0
        self.columns: dict[str, Column] = {}
        self.sections: dict[str, str | None] = {}
        self.drop: set[str] = set()
        self.extra: dict[str, Answer] = {}
        self.home_extra = self.foot_extra = self.head_extra = ""
        self.letters = [
            (f"关于{pick(AREA)}路灯不亮的问题", 20, 16),
            ("咨询医保缴费", 55, 50),
            ("反映噪音扰民", 90, 86),
            ("建议增设公交站", 210, 204),
        ]
        self.report_arith = self.report_sections = True
        self.openness = self.meta_fields = True
        self.labels = {k: (v[0] if k in {"board"} and group == "x" else pick(v)) for k, v in LABELS.items()}
        if self.k["prefixed"]:
            self.labels.update(
                {
                    key: name + self.labels[key]
                    for key in ("zn", "zd", "nb")
                    if len(name) < 8 and self.labels[key].startswith(("政府信息", "信息公开"))
                }
            )
        if self.k["spaced"]:
            self.labels["tzgg"] = "　".join(self.labels["tzgg"])
            self.labels["zcjd"] = "&nbsp;".join(self.labels["zcjd"])
        if self.k.get("wide"):
            self.labels.update({key: pick(names) for key, names in WIDE.items()})
        self.labels.update(self.k["labels"])  # type: ignore[arg-type]
        self._fill()

    # ------------------------------------------------------------------------------------------ content

    def ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def _path(self, slug: str) -> str:
        return self.prefix + SCHEMES[str(self.k["scheme"])][0](
            slug, list(self.columns).index(slug) + 1 if slug in self.columns else 30 + len(slug)
        )

    def item(self, slug: str, title: str, days: int | None, body: str = "", shown: date | None = None) -> Item:
        self.n += 1
        d = shown or self.ago(days or 0)
        no = list(self.columns).index(slug) + 1
        path = self.prefix + SCHEMES[str(self.k["scheme"])][1](slug, no, d, self.n)
        return Item(title, d if days is not None or shown else None, path, d, body=body)

    def news_title(self) -> str:
        return f"{self.rng.choice((self.name, self.area))}{self.rng.choice(VERBS)}{self.rng.choice(THINGS)}（{self.rng.randrange(2, 60)}次）"

    def _fill(self) -> None:
        r = self.rng
        for slug, kind in (
            ("yw", "news"),
            ("dt", "news"),
            ("tzgg", "notice"),
            ("zcwj", "policy"),
            ("zcjd", "interpretation"),
            ("ztzl", "topic"),
        ):
            self.columns[slug] = Column(kind, self.labels[slug], slug)
        for slug, first, step in (("yw", 0, 2), ("dt", 1, 4), ("tzgg", 3, 19)):
            days = first + r.randrange(0, 2)
            for _ in range(12):
                title = (
                    self.news_title()
                    if slug != "tzgg"
                    else r.choice(NOTICES).format(a=r.choice(AREA)) + f"（第{r.randrange(2, 99)}号）"
                )
                self.columns[slug].items.append(self.item(slug, title, days))
                days += r.randrange(1, step + 1)
        days = 9
        for i in range(5):
            title = f"{self.name}{'人民政府办公室' if self.group == 'county' else ''}{r.choice(POLICIES).format(a=r.choice(AREA))}（{i + 2}）"
            doc = self.item("zcwj", title, days)
            read = self.item(
                "zcjd",
                f"{('一图读懂', '视频解读', '图解')[i % 3]}：《{title[len(self.name) :]}》",
                days - r.randrange(0, 3),
            )
            self.columns["zcwj"].items.append(doc)
            self.columns["zcjd"].items.append(read)
            days += r.randrange(10, 40)
        self.topics = [("优化营商环境专题", 4), ("学习贯彻党的二十大精神", 30)]

    # ------------------------------------------------------------------------------------------ building blocks

    def enc(self, text: str) -> Answer:
        cs = str(self.k["charset"])
        head = self.k["declare"]
        declared = f"text/html; charset={cs}" if head is None else str(head)
        return Answer(text.encode({"gb2312": "gb18030", "gbk": "gb18030"}.get(cs, cs), "replace"), 200, declared)

    def put(self, path: str, html: str, status: int = 200) -> None:
        said = self.enc(html)
        said.status = status
        self.host.pages[path] = said

    def url(self, path: str) -> str:
        scheme = "https" if self.host.certificate else "http"
        return f"{scheme}://{self.host.ip}:{self.port}{path}" if self.k["absolute"] and path.startswith("/") else path

    def days_line(self) -> str:
        t = self.today
        return (
            f'<div class="date">今天是{t.year}年{t.month}月{t.day}日 星期{"一二三四五六日"[t.weekday()]} 忻晋市天气 晴 3～12℃</div>'
            if self.k["banner"]
            else ""
        )

    def menu(self) -> str:
        entries = [("首页", self.prefix + "/")]
        entries += [(c.label, self._path(s)) for s, c in self.columns.items() if s not in self.drop]
        if "board" not in self.drop:
            entries.insert(3, (self.labels["board"], str(self.k.get("board_url") or self.prefix + "/zwgk/zfxxgk/")))
        if "hdjl" not in self.drop:
            entries.append((self.labels["hdjl"], self.prefix + "/hdjl/"))
        entries.append(("办事服务", "http://www.sxzwfw.gov.cn/"))
        entries += list(self.k.get("menu_extra", []))  # type: ignore[call-overload]
        links = [f'<a href="{escape(self.url(p))}">{n}</a>' for n, p in entries]
        if self.k["image_menu"]:
            alt = self.k["image_menu"] == "alt"
            links = [
                f'<a href="{escape(p)}"><img src="/images/nav{i}.gif" border="0"{f" alt={n}" if alt else ""}></a>'
                for i, (n, p) in enumerate(entries)
            ]
        if self.k["grouped"] and not self.k["image_menu"] and self.k["menu"] != "write":
            inside = [
                a
                for a, (n, _) in zip(links, entries, strict=True)
                if n in {self.columns[s].label for s in ("yw", "dt", "tzgg")}
            ]
            rest = [a for a in links if a not in inside]
            drop = "".join(f"<dd>{a}</dd>" for a in inside)
            top = "".join(f'<li><div class="a1">{a}</div></li>' for a in rest)
            return f'<div class="menu_box"><ul>{rest and ""}<li><a href="{self.prefix}/xwzx/">新闻中心</a><dl class="sub">{drop}</dl></li>{top}</ul></div>'
        match self.k["menu"]:
            case "table":
                return (
                    '<table width="1000" class="nav" background="/images/navbg.jpg"><tr>'
                    + "".join(f'<td align="center">{a}</td>' for a in links)
                    + "</tr></table>"
                )
            case "div":
                return '<div class="header-nav"><div class="w1200">' + "<span>|</span>".join(links) + "</div></div>"
            case "nested":
                return (
                    '<nav id="menu"><ul>'
                    + "".join(
                        f"<li class='m'><h3>{a}</h3><ul class='sub' style='display:none'></ul></li>" for a in links
                    )
                    + "</ul></nav>"
                )
            case "dd":
                return '<dl class="daohang">' + "".join(f"<dd>{a}</dd>" for a in links) + "</dl>"
            case "write":
                html = "<ul>" + "".join(f"<li>{a}</li>" for a in links) + "</ul>"
                return "<script>document.write('" + html.replace("'", "\\'") + "');</script>"
        return '<ul class="nav clearfix" id="nav">' + "".join(f"<li>{a}</li>" for a in links) + "</ul>"

    def code(self) -> str:
        return "14099" + f"{abs(hash_of(self.name)) % 100000:05d}"

    def foot(self) -> str:
        if self.foot_extra:
            return self.foot_extra
        n, code, host = self.name, self.code(), "人民政府" if self.group == "county" else ""
        icp, ga, tel = (
            f"晋ICP备{10000000 + abs(hash_of(n)) % 9000000}号",
            f"14090202{abs(hash_of(n)) % 1000000:06d}",
            f"0350-{3000000 + abs(hash_of(n)) % 99999}",
        )
        return (
            f'<div class="footer"><p>主办单位：{n}{host}办公室 &nbsp; 承办单位：{n}信息中心</p><p>网站标识码：{code} <a href="https://beian.miit.gov.cn">{icp}-1</a> '
            f'<a href="http://www.beian.gov.cn/portal/registerSystemInfo?recordcode={ga}">晋公网安备 {ga}号</a></p><p>联系电话：{tel} <a href="/wzdt.html">网站地图</a></p></div>',
            f'<table width="100%" bgcolor="#ddd"><tr><td align="center">主办：{n}{host}&nbsp;&nbsp;电话：{tel}<br>{icp}&nbsp;&nbsp;晋公网安备{ga}号&nbsp;&nbsp;政府网站标识码:{code}<br>'
            f"Copyright © 2015-{self.today.year} All Rights Reserved</td></tr></table>",
            f"<footer><div>版权所有：{n}{host}　　主办单位：{n}{host}　　地址：{n}新建路1号</div><div><span>备案序号：{icp}</span> <span>晋公网安备 {ga}号</span> "
            f"<span>网站标识码 {code}</span></div><div>联系我们：{tel}　邮箱：web@163.com</div></footer>",
            f'<div id="bottom"><ul><li>{n}{host}主办</li><li>技术支持：{n}大数据中心</li><li>标识码：{code}</li><li>{icp.replace("ICP", " ICP ")}</li>'
            f"<li>晋公网安备：{ga}号</li><li>联系方式：{tel}（工作日）</li></ul></div>",
            f"<div class='foot'>主 办 单 位：{n}{host}<br>网站标识码：{code}<br>ICP备案编号：{icp}　公安备案号：{ga}<br>联 系 电 话：{tel}</div>",
        )[int(self.k["foot"])]  # type: ignore[call-overload]

    def elder(self) -> str:
        p = self.prefix
        match self.k["elder"]:
            case "link":
                self.put(p + "/zzb/", self.page("长者版", "<h1>长者专版</h1>" + self._block("yw", 6)))
                return f'<a class="zzb" href="{p}/zzb/">长者版</a>'
            case "script":
                self.host.pages[p + "/wza/aria.js"] = Answer(
                    b"(function(){window.aria={start:function(){}}})();", type="application/javascript"
                )
                return f'<script src="{p}/wza/aria.js?appid=1a2b3c" charset="utf-8"></script><a id="cniil_wza" href="javascript:void(0)" onclick="aria.start()">无障碍浏览</a>'
            case "slb":
                self.host.pages[p + "/js/slb.js"] = Answer(
                    b"function openSlb(){document.body.className='slb';}", type="text/javascript"
                )
                return f'<script type="text/javascript" src="{p}/js/slb.js"></script><span class="aged_link"><a href="javascript:openSlb();">适老版</a></span>'
            case "query":
                return f'<a href="{p}/?slb=true">关怀版</a>'
            case "foreign":
                return '<script src="http://gov.govwza.cn/dist/aria.js?appid=77"></script><a id="cniil_wza" href="javascript:void(0)">无障碍</a>'
            case "lost_script":
                return f'<script src="{p}/wza/aria-none.js?appid=77"></script><a id="cniil_wza" href="javascript:void(0)">无障碍浏览</a>'
            case "lost_link":
                return f'<a href="{p}/elder/none.html">长者模式</a>'
        return ""

    def page(self, title: str, body: str, *, head: str = "", foot: str | None = None, home: bool = False) -> str:
        where = "" if home else f'<div class="position">当前位置：<a href="{self.prefix}/">首页</a> &gt; {title}</div>'
        cs = str(self.k.get("meta_charset", self.k["charset"]))
        return (
            f'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN">\n<html><head><meta http-equiv="Content-Type" content="text/html; charset={cs}">'
            f'<title>{title}{"" if home else "_" + self.name}</title><meta name="SiteName" content="{self.name}"><meta name="SiteIDCode" content="{self.code()}">{head}{self.head_extra}</head>\n'
            f'<body><div class="top">{self.days_line()}<h1 class="logo">{self.name}{"人民政府" if self.group == "county" else ""}</h1></div>\n{self.menu()}\n{where}\n'
            f'<div class="main">{body}</div>\n{self.foot() if foot is None else foot}\n</body></html>'
        )

    def rows(self, items: list[Item], style: str, day: str) -> list[str]:
        return [row(style, day, i, self.today, n) for n, i in enumerate(items)]

    def _block(self, slug: str, n: int = 7) -> str:
        c, style, day = self.columns[slug], str(self.k["home_row"]), str(self.k["home_day"])
        if day in YEARLESS:  # a list without years shows this year's only
            n = max(
                1,
                sum(1 for i in c.items[:n] if i.shown and i.shown.year == self.today.year and i.shown <= self.today)
                or n,
            )
        return f'<div class="box"><div class="tit"><h2>{c.label}</h2><a class="more" href="{escape(self._path(slug))}">更多&gt;&gt;</a></div>{listed(style, self.rows(c.items[:n], style, day))}</div>'

    # ------------------------------------------------------------------------------------------ pages

    def article(self, i: Item, c: Column) -> str:
        d = i.shown or i.address or self.today
        stamp = {
            "span": f"<span>发布时间：{d.isoformat()} 09:12</span><span>来源：{self.name}</span>",
            "cn": f"<span>日期：{d.year}年{d.month}月{d.day}日　作者：办公室　浏览次数：<em>12</em></span>",
            "meta": f"<span>来源：{self.name} {d.isoformat()}</span>",
        }[str(self.k["article_day"])]
        body = (
            i.body
            or f"<p>{i.title}。{d.month}月{d.day}日，有关负责同志参加活动并讲话，强调要压实责任、细化措施，确保各项任务落到实处。</p><p>各乡镇（街道）、有关单位负责人参加。</p>"
        )
        head = f'<meta name="ArticleTitle" content="{escape(i.title)}"><meta name="PubDate" content="{d.isoformat()} 09:12">'
        return self.page(
            i.title,
            f'<div class="article"><h1>{i.title}</h1><div class="info">{stamp}</div><div class="TRS_Editor" id="zoom">{body}</div></div>',
            head=head,
        )

    def document(self, i: Item, other: Item | None, n: int) -> str:
        d = i.shown or self.today
        fields = [
            ("索引号", f"014099{n:03d}/{d.year}-{10000 + n:05d}"),
            ("主题分类", "综合政务"),
            ("发文机关", self.name),
            ("成文日期", (d - timedelta(days=2)).strftime("%Y年%m月%d日")),
            ("标题", i.title),
            ("发文字号", f"{self.name[:1]}政发〔{d.year}〕{n + 3}号"),
            ("发布日期", d.strftime("%Y年%m月%d日")),
            ("有效性", "有效"),
        ]
        if not self.meta_fields:
            fields = [f for f in fields if f[0] not in {"索引号", "成文日期"}]
        match self.k["meta"]:
            case "table":
                meta = (
                    "<table class='xxgk_table'>"
                    + "".join(f"<tr><td class='l'>{a}：</td><td>{b}</td></tr>" for a, b in fields)
                    + "</table>"
                )
            case "th":
                cells = [f"<th>{a[0] + ' ' + a[1:] if len(a) == 3 else a}</th><td>{b}</td>" for a, b in fields]
                meta = (
                    "<table>"
                    + "".join(f"<tr>{''.join(cells[k : k + 2])}</tr>" for k in range(0, len(cells), 2))
                    + "</table>"
                )
            case "dl":
                meta = (
                    "<ul class='metainfo'>"
                    + "".join(f"<li><b>{a}：</b><span>{b}</span></li>" for a, b in fields)
                    + "</ul>"
                )
            case _:
                meta = "".join(f"<p><strong>{a}</strong>：{b}</p>" for a, b in fields)
        mark = ("（此件公开发布）", "<p>（此件主动公开）</p>", "公开属性：主动公开")[n % 3] if self.openness else ""
        link = f'<div class="xgjd">相关解读：<a href="{escape(other.path)}">{other.title}</a></div>' if other else ""
        body = (
            f'{meta}<div class="article-con"><h1>{i.title}</h1><p>各乡镇人民政府，各有关单位：</p><p>现将有关事项通知如下，请认真贯彻执行。</p><p>一、总体要求。坚持问题导向，完善工作机制，提高服务效能。</p>'
            f"<p>二、主要任务。优化流程，压减时限，强化监督。</p><p style='text-align:right'>{self.name}<br>{(d - timedelta(days=2)).strftime('%Y年%m月%d日')}</p>{mark}</div>{link}"
        )
        return self.page(i.title, body)

    def interpretation(self, i: Item, other: Item | None) -> str:
        kind = i.title[:2]
        media = (
            '<video src="/video/1.mp4" controls></video>'
            if "视频" in i.title
            else '<p><img src="/images/tujie.jpg" alt="图解"></p>'
        )
        link = f'<p>相关文件：<a href="{escape(other.path)}">{other.title}</a></p>' if other else ""
        return self.page(
            i.title,
            f'<h1>{i.title}</h1><div class="info">发布时间：{(i.shown or self.today).isoformat()}</div><div class="TRS_Editor"><p>{kind}解读如下。</p>{media}{link}</div>',
        )

    def column_page(self, c: Column, rows_of: list[Item]) -> str:
        style, day = str(self.k["row"]), str(self.k["day"])
        if c.raw:
            return self.page(c.label, c.raw)
        if c.text or not rows_of:
            return self.page(c.label, f'<h2>{c.label}</h2><div class="content">{c.text}</div>')
        rows = self.rows(rows_of, style, day)
        body = datastore(style, rows) if self.k["store"] else listed(style, rows)
        pager = (
            '<div class="page"><script>createPageHTML(3, 0, "index", "shtml");</script></div>',
            '<div class="pages">共36条 1/3 <a href="javascript:void(0)">首页</a> 上页 下页 尾页</div>',
            "",
        )[self.rng.randrange(3)]
        left = f'<div class="left"><h3>{c.label}</h3><ul><li><a href="{escape(self._path(c.slug))}">{c.label}</a></li></ul></div>'
        side = ""
        if self.k["side"]:
            hot = [
                Item(f"{self.area}历史文化简介{n}", self.ago(800 + n), f"{self.prefix}/hot/{n}.html") for n in range(4)
            ]
            for i in hot:
                self.put(i.path, self.article(i, c))
            side = '<div class="hot"><h3>热门点击</h3>' + listed("li", self.rows(hot, "li", "dash")) + "</div>"
        return self.page(c.label, left + f'<div class="right">{body}{pager}</div>{side}')

    def build(self) -> None:
        p = self.prefix
        docs, reads = self.columns["zcwj"].items, self.columns["zcjd"].items
        for slug, c in self.columns.items():
            if slug == "ztzl":
                continue
            self.put(self._path(slug), self.column_page(c, c.items), c.status)
            for n, i in enumerate(c.items):
                if i.out or i.path in self.host.pages:
                    continue
                if c.kind == "policy":
                    self.put(
                        i.path, self.document(i, reads[n] if n < len(reads) and not self.k.get("unread") else None, n)
                    )
                elif c.kind == "interpretation":
                    self.put(i.path, self.interpretation(i, docs[n] if n < len(docs) else None))
                else:
                    self.put(i.path, self.article(i, c))
        self._topics()
        self._letters()
        if "board" not in self.drop and not self.k.get("board_url"):
            self._board(self.host, p)
        blocks = "".join(
            self._block(s) for s in self.columns if s != "ztzl" and self.columns[s].items and not self.columns[s].raw
        )
        if self.k["home_kind"] == "tabs":
            tabs = "".join(
                f'<li class="{"on" if n == 0 else ""}"><a href="{escape(self._path(s))}">{self.columns[s].label}</a></li>'
                for n, s in enumerate(("yw", "dt", "tzgg"))
            )
            panes = "".join(
                f'<div class="pane" style="display:{"block" if n == 0 else "none"}">{listed(str(self.k["home_row"]), self.rows(self.columns[s].items[:1], str(self.k["home_row"]), "dash"))}</div>'
                for n, s in enumerate(("yw", "dt", "tzgg"))
            )
            blocks = f'<div class="tab"><ul class="hd">{tabs}</ul>{panes}</div>' + blocks
        if self.k["home_kind"] == "carousel":
            slides = "".join(
                f'<li><a href="{escape(i.path)}"><img src="/images/zt.jpg" alt="{i.title}"></a><p>{i.title}</p></li>'
                for i in self.columns["yw"].items[:4]
            )
            blocks = f'<div class="slideBox"><ul class="bd">{slides}</ul></div>' + blocks
        blocks += f'<div class="box"><h2>{self.columns["ztzl"].label}</h2><a href="{escape(self._path("ztzl"))}"><img src="/images/zt.jpg" alt="专题"></a></div>'
        self.put(
            p + "/",
            self.page(
                self.name,
                self.elder()
                + self.home_extra
                + blocks
                + '<div class="links">友情链接：<a href="http://www.gov.cn/">中国政府网</a> <a href="http://www.shanxi.gov.cn/">山西省人民政府</a></div>',
                home=True,
            ),
        )
        if self.k["grouped"]:
            self.put(p + "/xwzx/", self.page("新闻中心", "".join(self._block(s, 5) for s in ("yw", "dt", "tzgg"))))
        for n in range(14):
            self.host.pages[f"/images/nav{n}.gif"] = Answer(b"GIF89a", type="image/gif")
        for name in ("dot.gif", "new.gif", "zt.jpg", "tujie.jpg", "navbg.jpg"):
            self.host.pages["/images/" + name] = Answer(b"GIF89a", type="image/gif")
        self.host.pages[p + "/index.html"] = self.host.pages[p + "/"]
        self.put(
            "/wzdt.html",
            self.page(
                "网站地图",
                "".join(f'<p><a href="{escape(self._path(s))}">{c.label}</a></p>' for s, c in self.columns.items()),
            ),
        )
        self.host.pages.update(self.extra)

    def _topics(self) -> None:
        parts = []
        for n, (title, age) in enumerate(self.topics):
            base = f"{self.prefix}/ztzl/zt{n + 1}/"
            items = [
                Item(
                    f"{title}之{self.rng.choice(THINGS)}{k}",
                    self.ago(age + 5 * k),
                    f"{base}{600 + k}.html",
                    self.ago(age + 5 * k),
                )
                for k in range(5)
            ]
            for i in items:
                self.put(i.path, self.article(i, self.columns["ztzl"]))
            self.put(base, self.page(title, listed("li", self.rows(items, "li", "dash"))))
            parts.append(
                f'<li><a href="{base}"><img src="/images/zt.jpg" alt="{title}"><p>{title}</p></a></li>'
                if self.k["topic"] == "links"
                else f'<li><a href="{base}">{title}</a><span>{self.ago(age + 40)}</span></li>'
            )
        if self.topics:
            self.put(self._path("ztzl"), self.page(self.columns["ztzl"].label, f'<ul class="zt">{"".join(parts)}</ul>'))
        else:
            self.put(self._path("ztzl"), self.page(self.columns["ztzl"].label, '<div class="zt">暂无内容</div>'))

    def _letters(self) -> None:
        if "hdjl" in self.drop:
            return
        p, head = self.prefix, "县长信箱" if self.group == "county" else "局长信箱"
        rows = []
        for n, (title, asked, answered) in enumerate(self.letters):
            path = f"{p}/hdjl/xx/{900 + n}.html"
            a, b = self.ago(asked).isoformat(), self.ago(answered).isoformat() if answered is not None else ""
            state = "已回复" if b else "未回复"
            reply = (
                f"<h4>答复内容</h4><p>您好，您反映的问题已转有关单位办理，现答复如下：已安排处理，感谢您的关注。</p><p>答复单位：{self.name}办公室　回复时间：{b}</p>"
                if b
                else "<h4>答复内容</h4><p>暂未回复</p>"
            )
            self.put(
                path,
                self.page(
                    title,
                    f"<h1>{title}</h1><p>来信人：王**　来信时间：{a}</p><p>来信内容：{title}，请尽快处理。</p>{reply}",
                ),
            )
            rows.append(
                {
                    "table": f'<tr><td>{n + 1}</td><td><a href="{path}">{title}</a></td><td>{a}</td><td>{state}</td><td>{b}</td></tr>',
                    "li": f'<li><a href="{path}">{title}</a><span>{a}</span><em>{state}</em></li>',
                    "blocks": f'<div class="letter"><p>标题：<a href="{path}">{title}</a></p><p>来信时间：{a}</p><p>处理状态：{state}</p><p>回复时间：{b or "--"}</p></div>',
                }[str(self.k["letters"])]
            )
        body = {
            "table": "<table><tr><th>序号</th><th>信件标题</th><th>来信时间</th><th>状态</th><th>回复时间</th></tr>"
            + "".join(rows)
            + "</table>",
            "li": "<ul>" + "".join(rows) + "</ul>",
            "blocks": "".join(rows),
        }[str(self.k["letters"])]
        self.put(
            p + "/hdjl/xx/", self.page(head, f'<h2>{head}</h2><p><a href="{p}/hdjl/write.html">我要写信</a></p>{body}')
        )
        self.put(
            p + "/hdjl/write.html",
            self.page(
                "我要写信",
                '<form method="post" action="/hdjl/save.do"><p>姓名<input name="name"></p><p>标题<input name="title"></p><p>内容<textarea name="content"></textarea></p><input type="submit" value="提交"></form>',
            ),
        )
        self.put(
            p + "/hdjl/",
            self.page(
                self.labels["hdjl"],
                f'<ul><li><a href="{p}/hdjl/xx/">{head}</a></li><li><a href="{p}/hdjl/write.html">网上咨询</a></li></ul>',
            ),
        )

    # ------------------------------------------------------------------------------------------ board

    def section_text(self, key: str) -> str:
        n = self.name
        if key == "zn":
            return (
                f"<h2>{n}政府信息公开指南</h2><p>为了更好地提供政府信息公开服务，根据《中华人民共和国政府信息公开条例》（国务院令第711号）编制本指南。</p><p>一、信息分类和编排体系：本机关主动公开的信息按机构职能、法规公文、工作动态等分类。</p>"
                f"<p>二、获取方式：公民、法人和其他组织可以在本机关网站查阅。</p><p>三、公开工作机构：{n}办公室，办公地址：新建路1号，办公时间：工作日8:00-12:00、14:30-18:00，联系电话：0350-3021001，传真：0350-3021002，电子邮箱：xxgk@163.com。</p>"
            )
        if key == "ml":
            lines = "".join(
                f"<tr><td>014099/{self.today.year}-000{i:02d}</td><td>{t}</td><td>{self.ago(30 * i).isoformat()}</td><td>主动公开</td></tr>"
                for i, t in enumerate(("机构职能", "领导信息", "规划计划", "财政预决算", "行政许可"), 1)
            )
            return f"<h2>主动公开基本目录</h2><table border=1><tr><th>索引号</th><th>内容概述</th><th>生成日期</th><th>公开方式</th></tr>{lines}</table>"
        if key == "ysq":
            return (
                f"<h2>依申请公开</h2><p>公民、法人或者其他组织可以向{n}申请获取相关政府信息。受理机构：{n}办公室；通信地址：新建路1号；联系电话：0350-3021001。申请人可当面、邮寄或通过电子邮箱xxgk@163.com提交申请。</p>"
                f'<p><a href="{self.prefix}/zwgk/sqb.doc">政府信息公开申请表.doc</a></p><p><a href="{self.prefix}/zwgk/apply.html">在线申请</a></p>'
            )
        return ""

    def _board(self, host: Host, p: str) -> None:
        home, self.host = self.host, host
        base = p + "/zwgk/zfxxgk/"
        paths = {k: f"{base}{SLUGS[k]}/" for k in SLUGS if k not in self.drop}
        self.board_paths = paths
        menu = [(self.labels[k], paths[k]) for k in paths]
        links = [f'<a href="{self.url(u)}">{t}</a>' for t, u in menu]
        style = str(self.k["board"])
        nav = {
            "menu": '<div class="gk_left"><ul>' + "".join(f"<li>{a}</li>" for a in links) + "</ul></div>",
            "tabs": '<div class="tab-hd">' + "".join(f"<span class='t'>{a}</span>" for a in links) + "</div>",
            "cards": "".join(f'<div class="card"><i class="icon"></i><h4>{a}</h4></div>' for a in links),
            "tree": '<div class="ztree"><ul>'
            + "".join(f"<li><span>+</span>{a}<ul></ul></li>" for a in links)
            + "</ul></div>",
            "table": "<table><tr>" + "".join(f"<td>{a}</td>" for a in links) + "</tr></table>",
            "frame": '<ul class="left">' + "".join(f"<li>{a}</li>" for a in links) + "</ul>",
        }[style]
        recent = [
            Item(f"{self.name}{t}", self.ago(10 + 20 * n), f"{base}fdzdgknr/jg/{700 + n}.html", self.ago(10 + 20 * n))
            for n, t in enumerate(("部门预算公开", "机构职能", "权责清单", "双随机检查结果"))
        ]

        def put(path: str, title: str, body: str, status: int = 200) -> None:
            self.put(path, self.page(title, nav + f'<div class="gk_right">{body}</div>'), status)

        for i in recent:
            self.put(i.path, self.article(i, self.columns["tzgg"]))
        if style == "frame":
            self.put(
                base + "right.html",
                f'<html><head><meta charset="{self.k["charset"]}"></head><body>{listed("li", self.rows(recent, "li", "dash"))}</body></html>',
            )
            self.put(
                base,
                self.page(
                    self.labels["board"],
                    nav + f'<iframe name="right" src="{base}right.html" width="800" height="600"></iframe>',
                ),
            )
        else:
            put(base, self.labels["board"], listed("li", self.rows(recent, "li", "dash")))
        old = [
            Item(t, date(2022 + n, 3, 4 + n), f"{base}zfxxgkzd/{300 + n}.html", date(2022 + n, 3, 4 + n))
            for n, t in enumerate(
                (
                    "中华人民共和国政府信息公开条例",
                    f"{self.name}政府信息公开保密审查制度",
                    f"{self.name}主动公开工作制度",
                )
            )
        ]
        for i in old:
            self.put(i.path, self.article(i, self.columns["tzgg"]))
        bodies = {
            "zn": self.section_text("zn"),
            "zd": listed("li", self.rows(old, "li", "dash")),
            "ml": self.section_text("ml"),
            "ysq": self.section_text("ysq"),
            "fd": '<ul class="fd">'
            + "".join(f'<li><a href="{i.path}">{i.title}</a><span>{i.shown}</span></li>' for i in recent)
            + "</ul>",
        }
        for k, path in paths.items():
            if k == "nb":
                continue
            text = self.sections.get(k, bodies[k])
            if k == "zn" and k not in self.sections and self.k["guide_form"] != "html":
                text = {
                    "pdf": f'<p>{self.name}政府信息公开指南</p><p><a href="{path}gkzn.pdf">政府信息公开指南.pdf</a></p>',
                    "word": f'<ul><li><a href="{path}gkzn.doc">{self.name}政府信息公开指南</a><span>2025-03-02</span></li></ul>',
                    "image": f'<p style="text-align:center"><img src="{path}W020250302.jpg" width="800" height="1100"></p>',
                }[str(self.k["guide_form"])]
                host.pages[path + "gkzn.pdf"] = Answer(b"%PDF-1.4\n" + b"0" * 900, type="application/pdf")
                host.pages[path + "gkzn.doc"] = Answer(b"\xd0\xcf\x11\xe0" + b"0" * 900, type="application/msword")
                host.pages[path + "W020250302.jpg"] = Answer(b"\xff\xd8\xff" + b"0" * 900, type="image/jpeg")
            if text is None:
                self.host.pages.pop(path, None)
            else:
                put(path, self.labels[k], text)
        self.host.pages[p + "/zwgk/sqb.doc"] = Answer(b"\xd0\xcf\x11\xe0" + b"0" * 600, type="application/msword")
        self.put(
            p + "/zwgk/apply.html",
            self.page(
                "在线申请",
                '<form action="/apply.do" method="post">姓名<input name="n"> 身份证号<input name="c"> 内容描述<textarea name="t"></textarea><button>提交</button></form>',
            ),
        )
        if "nb" in paths:
            self._reports(paths["nb"], put)
        self.host = home

    def report_date(self, year: int) -> date:
        given = self.k["report_day"]
        if isinstance(given, date) and year == self.today.year - 1:
            return given
        return date(year + 1, 1, 20) if self.group != "county" else date(year + 1, 3, 12)

    def _reports(self, base: str, put: Callable[..., None]) -> None:
        last, items, style = self.today.year - 1, [], str(self.k["report"])
        for year in range(last, last - 4, -1):
            if year == last and "report" in self.drop:
                continue
            d = self.report_date(year)
            title = self.rng.choice(
                (
                    "{n}{y}年政府信息公开工作年度报告",
                    "{n}{y}年度政府信息公开年报",
                    "{y}年{n}政府信息公开工作年度报告",
                    "{n}政府信息公开{y}年度报告",
                )
            ).format(n=self.name, y=year)
            if self.k["report_title"] == "short":
                title = f"{year}年政府信息公开工作年度报告"
            if self.k["report_title"] == "abbrev" and self.name in ABBREVIATED:
                title = f"{ABBREVIATED[self.name]}{year}年政府信息公开工作年度报告"
            kind = style if year == last else "html"
            ext = {"pdf": "pdf", "docx": "docx"}.get(kind, "html")
            path = f"{base}{d:%Y%m}/t{d:%Y%m%d}_{year}.{ext}"
            self.report_path = path if year == last else getattr(self, "report_path", path)
            if kind == "docx":
                self.host.pages[path] = Answer(
                    paper.docx_report(self.name, year, self.report_arith),
                    type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                )
            elif kind == "attached":
                file = path.replace(".html", ".docx")
                self.host.pages[file] = Answer(
                    paper.docx_report(self.name, year, self.report_arith), type="application/octet-stream"
                )
                self.put(
                    path,
                    self.page(
                        title, f'<h1>{title}</h1><p>发布时间：{d}</p><p>附件：<a href="{file}">{title}.docx</a></p>'
                    ),
                )
            else:
                text = paper.html_report(
                    self.name,
                    year,
                    arithmetic=self.report_arith,
                    sections=self.report_sections,
                    picture=kind == "image",
                    fancy=self.rng.randrange(3),
                )
                self.put(
                    path,
                    self.page(
                        title,
                        f'<h1>{title}</h1><div class="info">发布时间：{d.isoformat()} 来源：{self.name}</div><div class="TRS_Editor">{text}</div>',
                        head=f'<meta name="PubDate" content="{d}">',
                    ),
                )
            items.append(Item(title, d, path, d))
        put(
            base,
            self.labels["nb"],
            listed(str(self.k["row"]), self.rows(items, str(self.k["row"]), str(self.k["day"])))
            if items
            else "<p>暂无数据</p>",
        )


def hash_of(text: str) -> int:
    """A number that is the same in every process."""
    return sum(ord(c) * 131**n for n, c in enumerate(text)) % 10**12
