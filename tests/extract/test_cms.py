"""Is the family told by its marks, are the calls the ones a browser would make, and are the answers' rows right?

The catalogue walks over the forms of cms.md 2, each among decoys: commented-out calls, visit counters, weather, votes.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extract.answers import read_call
from crawler.extract.cms import family_of, list_calls
from crawler.extract.list_call import ListCall
from crawler.extract.listing import Listing
from crawler.extract.page import Page
from crawler.extract.urls import same_host
from db.records import Row

TODAY = date(2026, 11, 23)
HOST = "http://www.a.gov.cn"
REAL = Path(os.environ.get("WANGKAO_REAL_PAGES", Path(__file__).parents[3] / "shared" / "real-pages"))
ONE, TWO = "某某县人民政府关于印发工作要点的通知", "某某局开展“安全生产月”活动"

# What stands on nearly every page and brings no list.
DECOYS = """
<!-- <script>$.get("/old/list.json?page=1", function(d){ $("#list").append("<li>"+d+"</li>") })</script> -->
<script>
// $.getJSON("/api/news/list?channelId=99&page=1", fill);
/* $.ajax({url: "/api/news/list", data: {channelId: 98, page: 1}}); */
var home = "https://www.a.gov.cn/"; // an address is no comment
$.get("/module/visitcount/visit.jsp?type=3&i_webid=2&i_columnid=282");
$.getJSON("/api/visit/addHit?articleId=12", function(d){ $("#hits").html("<a>" + d + "</a>"); });
$.ajax({url: "https://api.weather.example.com/today/list?city=140900&page=1", success: function(d){ $("#w").html("<li>"+d+"</li>") }});
$.post("/weather/list.do", {city: "xinzhou", page: 1}, function(d){ $("#w").append("<li>") });
$("#vote").click(function(){ $.post("/news/list/vote", {id: 3, page: 1}); });
$("#more").click(function(){ $.get("/news/list.json?page=1&channelId=7", function(d){ $("#list").append("<li>" + d) }); });
$.post("/news/list/save", {channelId: 3, page: 1}, function(){});
function feedback(){ $.post("/list/page.do", {channelId: 1, page: 1}, function(d){ $("#x").append("<li>") }); }
</script>
"""


def a_page(body: str, url: str = f"{HOST}/zwgk/tzgg/", decoys: str = DECOYS) -> Page:
    return Page(url, f"<html><head><title>通知公告</title></head><body>{decoys}{body}</body></html>")


def a_script(code: str, url: str = f"{HOST}/zwgk/tzgg/", body: str = "<ul id='list'></ul>") -> Page:
    return a_page(f"{body}<script>{code}</script>", url)


def epoch(year: int, month: int, day: int, hour: int = 0) -> int:
    """Seconds since 1970 of an hour in Shanghai."""
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp()) - 8 * 3600


def asked(call: ListCall) -> tuple[str, str, dict[str, str]]:
    """Method, path and all parameters of a call."""
    parts = urlsplit(call.url)
    form = json.loads(call.body) if call.body and call.body[0] == "{" else dict(parse_qsl(call.body or ""))
    return call.method, parts.path, {**dict(parse_qsl(parts.query, keep_blank_values=True)), **form}


@dataclass(frozen=True)
class Case:
    """A page, the family told, the first call, an answer to it, and the rows read: (title, path, day)."""

    page: Page
    family: str | None
    call: tuple[str, str, dict[str, object]]
    answer: str
    rows: tuple[tuple[str, str | None, date | None], ...]
    second: dict[str, object] | None = None  # parameters of the call for page two
    pages: int | None = None


JPAGE_OPTIONS = """{themeName:'default', showMode:'full', totalRecord:142, openCookies:false, dataBefore:'<ul>',
  dataAfter:'</ul>', groupSize:3, proxyUrl:'/module/web/jpage/dataproxy.jsp', perPage:15, barPosition:'bottom',
  ajaxParam:{col:1,appid:'1',webid:3,path:'/',columnid:282,sourceContentType:1,unitid:'423656',webname:'某某县人民政府',
  permissiontype:0}}"""
JPAGE_FORM = {
    "col": "1", "appid": "1", "webid": "3", "path": "/", "columnid": "282", "sourceContentType": "1",
    "unitid": "423656", "webname": "某某县人民政府", "permissiontype": "0",
}  # fmt: skip
JPAGE_ANSWER = f"""<?xml version="1.0" encoding="UTF-8"?><datastore><totalrecord>142</totalrecord><totalpage>10</totalpage>
<nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?startrecord=46&endrecord=90&perpage=15"></a>]]></nextgroup>
<recordset><record><![CDATA[<li><a href="/art/2026/8/3/art_282_1004.html" title="{ONE}">某某县人民政府…</a><b>[2026-08-03]</b></li>]]></record>
<record><![CDATA[<li><a href="/art/2025/12/9/art_282_981.html">{TWO}</a><b>[2025-12-09]</b></li>]]></record></recordset></datastore>"""
JPAGE_ROWS = (
    (ONE, "/art/2026/8/3/art_282_1004.html", date(2026, 8, 3)),
    (TWO, "/art/2025/12/9/art_282_981.html", date(2025, 12, 9)),
)
QUERY_DATA = (
    "{'parseType':'bulidstatic','webId':'8d82','tplSetId':'2097','pageType':'column','tagId':'当前栏目_list',"
    "'editType':'null','pageId':'c52d'}"
)
IRS_BODY = """{"pageNo": 1, "pageSize": 15, "tenantId": 71, "tableName": "t_179d132472b", "isPage": true,
  "sorts": [{"sortField": "save_time", "sortOrder": "DESC"}],
  "customFilter": {"operator": "and", "properties": [{"property": "channel_id", "operator": "eq", "value": "5901201"}]}}"""

CASES = {
    "jpage": Case(
        a_script(f"$(function(){{ $('#423656').jpage({JPAGE_OPTIONS}); }});", f"{HOST}/col/col282/index.html"),
        "hanweb_jcms",
        ("POST", "/module/web/jpage/dataproxy.jsp", {"startrecord": "1", "endrecord": "45", "perpage": "15", **JPAGE_FORM}),
        JPAGE_ANSWER, JPAGE_ROWS, {"startrecord": "46", "endrecord": "90", "perpage": "15", **JPAGE_FORM}, 10,
    ),
    "jpage, older": Case(
        a_page(
            '<div id="2977"><script type="text/xml"><datastore><nextgroup><![CDATA[<a href="/module/jpage/dataproxy.jsp?page=2&appid=1'
            "&webid=1934&path=/&columnid=1389975&unitid=4455560&webname=%E6%9F%90&permissiontype=0\"></a>]]></nextgroup>"
            "<recordset></recordset></datastore></script></div>"
        ),
        "hanweb_jcms",
        ("GET", "/module/jpage/dataproxy.jsp", {"page": "1", "appid": "1", "webid": "1934", "path": "/", "columnid": "1389975",
                                                "unitid": "4455560", "webname": "某", "permissiontype": "0"}),
        f"<datastore><recordset><record>&lt;tr&gt;&lt;td&gt;&lt;a href='art_1.html'&gt;{ONE}&lt;/a&gt;&lt;/td&gt;&lt;td&gt;2026年8月3日&lt;/td&gt;&lt;/tr&gt;</record></recordset></datastore>",
        ((ONE, "/zwgk/tzgg/art_1.html", date(2026, 8, 3)),),
        {"page": "2", "appid": "1", "webid": "1934", "path": "/", "columnid": "1389975", "unitid": "4455560", "webname": "某", "permissiontype": "0"},
    ),
    "jpaas": Case(
        a_page(
            f'<script parseType="bulidstatic" url="/api-gateway/jpaas-publish-server/front/page/build/unit" queryData="{QUERY_DATA.replace("当前栏目_list", "网站导航")}"></script>'
            f'<script parseType="bulidstatic" url="/api-gateway/jpaas-publish-server/front/page/build/unit" queryData="{QUERY_DATA}"></script>'
        ),
        "hanweb_jpaas",
        ("GET", "/api-gateway/jpaas-publish-server/front/page/build/unit",
         {"parseType": "bulidstatic", "webId": "8d82", "tplSetId": "2097", "pageType": "column", "tagId": "当前栏目_list",
          "editType": "null", "pageId": "c52d", "paramJson": '{"pageNo":1,"pageSize":15}'}),
        json.dumps({"success": True, "code": "200", "data": {"html":
            f'<ul class="page-content"><li><a href="/art/2026/art_8be90ae6320b4263859b753cdacf43f4.html" title="{ONE}">某某县人民…</a><span>2026-08-03</span></li>'
            f'<li><a href="art/2026/art_a900cfc4dba7403887a8cc0a165aadf1.html">{TWO}</a><span>2026-07-10</span></li></ul>'
            '<div class="pagination" rows="15" count="48" pageNo="1"></div>'}}),
        ((ONE, "/art/2026/art_8be90ae6320b4263859b753cdacf43f4.html", date(2026, 8, 3)),
         (TWO, "/zwgk/tzgg/art/2026/art_a900cfc4dba7403887a8cc0a165aadf1.html", date(2026, 7, 10))),
        {"parseType": "bulidstatic", "webId": "8d82", "tplSetId": "2097", "pageType": "column", "tagId": "当前栏目_list",
         "editType": "null", "pageId": "c52d", "paramJson": '{"pageNo":2,"pageSize":15}'},
        4,
    ),
    "gkmlpt": Case(
        a_script("window._CONFIG = { DEV_MODE: false, SID: '662021', SITE_NAME: '某局' };", f"{HOST}/yjzjj/gkmlpt/index#721"),
        "gkmlpt",
        ("GET", "/yjzjj/gkmlpt/api/all/721", {"page": "1", "sid": "662021"}),
        json.dumps({"total": 145, "articles": [
            {"id": 963149, "title": ONE, "url": "http://www.a.gov.cn/yjzjj/gkmlpt/content/0/963/post_963149.html", "post_url": "",
             "create_time": epoch(2026, 8, 3, 0), "publisher": "某局"},
            {"id": 963148, "title": TWO, "url": "http://www.a.gov.cn/yjzjj/gkmlpt/content/0/963/post_963148.html",
             "create_time": epoch(2026, 7, 10, 23), "publisher": "某局"}]}),
        ((ONE, "/yjzjj/gkmlpt/content/0/963/post_963149.html", date(2026, 8, 3)),
         (TWO, "/yjzjj/gkmlpt/content/0/963/post_963148.html", date(2026, 7, 10))),
        {"page": "2", "sid": "662021"}, 73,
    ),
    "IRS": Case(
        a_script(f"function getList(){{ $.ajax({{url:'/irs/front/list', type:'post', contentType:'application/json;charset=utf-8', data: JSON.stringify({IRS_BODY}), success:function(r){{ $('#list').html('<li>') }} }}); }} getList();"),
        "trs_irs",
        ("POST", "/irs/front/list", json.loads(IRS_BODY)),
        json.dumps({"success": True, "data": {"pager": {"total": 2}, "list": [
            {"f_202163261554": f"<em>{ONE[:6]}</em>{ONE[6:]}", "f_202163870059": "2026-08-03 00:00:00", "f_202163742494": "5901201", "doc_pub_url": "/wjjb/t1.html", "save_time": "2026-11-01 12:00:00"},
            {"f_202163261554": TWO, "f_202163870059": "2026-07-10 00:00:00", "f_202163742494": "5901201", "doc_pub_url": "/wjjb/t2.html", "save_time": "2026-11-01 12:00:01"}]}}),
        ((ONE, "/wjjb/t1.html", date(2026, 8, 3)), (TWO, "/wjjb/t2.html", date(2026, 7, 10))),
        {**json.loads(IRS_BODY), "pageNo": 2}, 1,
    ),
    "IGS": Case(
        a_script('''var siteId = "14", page = 1;
          $.getJSON("/igs/front/search/list.html?index=gov-index&type=documents", {pageNumber: page, pageSize: 10, "filter[SITEID]": 3, siteId: siteId, orderProperty: "PUBDATE"},
            function(d){ $.each(d.page.content, function(i, v){ $("#list").append("<li>" + v.DOCTITLE + "</li>") }) });'''),
        "trs_igs",
        ("GET", "/igs/front/search/list.html", {"index": "gov-index", "type": "documents", "pageNumber": "1", "pageSize": "10",
                                                "filter[SITEID]": "3", "siteId": "14", "orderProperty": "PUBDATE"}),
        json.dumps({"page": {"totalElements": 30, "content": [
            {"DOCTITLE": ONE, "DOCPUBURL": "http://www.a.gov.cn/a/t20260803_1.shtml", "PUBDATE": "2026-08-03T09:30:00.000+0800", "SITEID": 3}]}}),
        ((ONE, "/a/t20260803_1.shtml", date(2026, 8, 3)),),
        {"index": "gov-index", "type": "documents", "pageNumber": "2", "pageSize": "10", "filter[SITEID]": "3", "siteId": "14", "orderProperty": "PUBDATE"},
        30,
    ),
    "WAS5": Case(
        a_script('''$("#list").load("/was5/web/search?channelid=267445&orderby=-docreltime&perpage=10&page=1 .search-result");
          function find(){ location.href = "/was5/web/search?channelid=260481&searchword=" + $("#kw").val(); }'''),
        "trs_was",
        ("GET", "/was5/web/search", {"channelid": "267445", "orderby": "-docreltime", "perpage": "10", "page": "1"}),
        f'<!DOCTYPE html><html><body><div class="search-result-inner-box"><dl><dt><a href="/zwyw/202608/t20260803_1.shtml" title="{ONE}">某某县人民…</a></dt><dd><span>2026-08-03</span></dd></dl>'
        f'<dl><dt><a href="/zwyw/202607/t20260710_2.shtml" title="{TWO}">某某县人民…</a></dt><dd><span>2026-07-10</span></dd></dl></div></body></html>',
        ((ONE, "/zwyw/202608/t20260803_1.shtml", date(2026, 8, 3)), (TWO, "/zwyw/202607/t20260710_2.shtml", date(2026, 7, 10))),
        {"channelid": "267445", "orderby": "-docreltime", "perpage": "10", "page": "2"},
    ),
    "ajax, variables and a hidden field": Case(
        a_script('''var ctx = "/portal", channelId = "12", pageNo = 1;
          function loadList(page) {
            $.ajax({ type: "POST", url: ctx + "/article/queryList.do", dataType: "json",
              data: { channelId: channelId, "code": $("#code").val(), pageNo: page, pageSize: size, t: new Date().getTime() },
              success: function (res) { var h = ""; for (var i in res.rows) { h += "<li>" + res.rows[i].title + "</li>"; } $("#list").html(h); } });
          }
          var size = 20; loadList(pageNo); $("#next").click(function () { pageNo++; loadList(pageNo); });''',
          body='<input type="hidden" id="code" value="A0101"><ul id="list"></ul>'),
        None,
        ("POST", "/portal/article/queryList.do", {"channelId": "12", "code": "A0101", "pageNo": "1", "pageSize": "20", "t": "0"}),
        json.dumps({"code": 0, "total": 2, "rows": [
            {"id": "1", "title": ONE, "linkUrl": "../a/1.html", "createTime": 1785686400000, "publishTime": "2026年8月3日", "updateTime": "2026-11-20"},
            {"id": "2", "title": f"{TWO}", "linkUrl": "", "createTime": "2026-07-10 08:00:00", "publishTime": None}]}),
        ((ONE, "/zwgk/a/1.html", date(2026, 8, 3)), (TWO, None, date(2026, 7, 10))), None, 1,
    ),
    "two lists by one function": Case(
        a_script('''function show(box, cid) { $.get("/api/news/list?cid=" + cid + "&page=1", function (d) { $(box).append("<li>" + d + "</li>") }); }
          $(function () { show("#a", 31); show("#b", 32); });'''),
        None, ("GET", "/api/news/list", {"cid": "31", "page": "1"}),
        f"jsonp_1({json.dumps({'data': {'list': [{'bt': ONE, 'href': '/a/1.html', 'fbsj': epoch(2026, 8, 3, 9)}]}})});",
        ((ONE, "/a/1.html", date(2026, 8, 3)),),
    ),
    "fetch": Case(
        a_script('''const api = `${location.origin}/api/v1`; const column = { id: 7 };
          fetch(`${api}/column/articles`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ columnId: column.id, pageNum: 1, pageSize: 10 }) })
            .then(r => r.json()).then(d => { document.getElementById("list").innerHTML = d.map(x => "<li>" + x.title).join("") });'''),
        None, ("POST", "/api/v1/column/articles", {"columnId": 7, "pageNum": 1, "pageSize": 10}),
        json.dumps([{"articleId": 5, "articleTitle": f"<b>{ONE}</b>", "detailUrl": "/d/5.html", "releaseDate": "2026/8/3", "isTop": 1}]),
        ((ONE, "/d/5.html", date(2026, 8, 3)),),
    ),
    "axios in Vue": Case(
        a_script('''new Vue({ el: "#app", data: { pageNum: 1, rows: [] }, mounted() { this.getList() },
          methods: { getList() { axios.get("/prod-api/cms/content/list", { params: { pageNum: this.pageNum, pageSize: 10, channelCode: "tzgg" } }).then(res => { this.rows = res.data.rows }) },
                     like(id) { axios.post("/prod-api/cms/content/list/like", { id: id }) } } })'''),
        None, ("GET", "/prod-api/cms/content/list", {"pageNum": "1", "pageSize": "10", "channelCode": "tzgg"}),
        json.dumps({"code": 200, "msg": "操作成功", "total": 1, "rows": [{"contentId": 5, "title": ONE, "staticUrl": "/d/5.html", "pubTime": "2027-01-01 00:00:00"}]}),
        ((ONE, "/d/5.html", date(2027, 1, 1)),), None, 1,
    ),
    "layui": Case(
        a_script('''layui.use(['table'], function () { var table = layui.table;
          table.render({ elem: '#list', url: '/openinfo/pageData', where: { catId: '0302' }, page: true, limit: 15, cols: [[{ field: 'title' }]] }); });'''),
        None, ("GET", "/openinfo/pageData", {"page": "1", "limit": "15", "catId": "0302"}),
        json.dumps({"code": 0, "msg": "", "count": 1, "data": [{"id": 1, "name": ONE, "rq": "20260803"}]}),
        ((ONE, None, date(2026, 8, 3)),), None, 1,
    ),
    "XMLHttpRequest": Case(
        a_script('''var xhr = new XMLHttpRequest(); xhr.open("POST", "list.ashx", true); xhr.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
          xhr.onreadystatechange = function () { if (xhr.readyState == 4) document.getElementById("list").innerHTML = "<li>" + xhr.responseText };
          xhr.send("classid=5&page=1");'''),
        None, ("POST", "/zwgk/tzgg/list.ashx", {"classid": "5", "page": "1"}),
        f'<li><a href="show.aspx?id=9">{ONE}</a><span>2026-08-03</span></li><li><a href="show.aspx?id=8">{TWO}</a><span>2026-07-10</span></li>',
        ((ONE, "/zwgk/tzgg/show.aspx?id=9", date(2026, 8, 3)), (TWO, "/zwgk/tzgg/show.aspx?id=8", date(2026, 7, 10))),
    ),
    "onload": Case(
        Page(f"{HOST}/x/list.html", "<html><body onload='getNews(\"03\")'><ul></ul><script>function getNews(id){ jQuery.post('/front/newsList', {lanmu: id}, function(d){ $('ul').append('<li>'+d) }, 'json') }</script></body></html>"),
        None, ("POST", "/front/newsList", {"lanmu": "03"}),
        json.dumps({"html": [f"<li><a href='/a/1.html'>{ONE}</a><i>08-03</i></li>", f"<li><a href='/a/2.html'>{TWO}</a><i>07-10</i></li>"]}),
        ((ONE, "/a/1.html", date(2026, 8, 3)), (TWO, "/a/2.html", date(2026, 7, 10))),
    ),
}  # fmt: skip


def paths_of(listing: Listing) -> tuple[tuple[str, str | None, date | None], ...]:
    def path(row: Row) -> str | None:
        parts = urlsplit(row.url or "")
        return (f"{parts.path}?{parts.query}" if parts.query else parts.path) or None

    return tuple((row.title, path(row), row.published) for row in listing.rows)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_catalogue(case: Case):
    assert family_of(case.page) == case.family
    calls = list_calls(case.page)
    assert calls, "no call found"
    assert asked(calls[0]) == case.call
    assert calls[0].page == 1
    assert all(same_host(call.url, case.page.url) for call in calls)
    spoken = " ".join(f"{call.url} {call.body}" for call in calls)
    for decoy in ("old", "weather", "hit", "visit", "vote", "like", "save", "channelId=9", "page.do", "260481"):
        assert decoy not in spoken.replace("save_time", "")
    later = [asked(call)[2] for call in calls if call.page == 2]
    assert later == ([case.second] if case.second else [])
    listing = read_call(calls[0], case.answer, case.page.url, today=TODAY)
    assert listing.unseen is None
    assert paths_of(listing) == case.rows
    assert listing.pages_total == case.pages
    assert listing.next_pages == ()


def test_one_function_two_lists_are_two_calls():
    assert [asked(call)[2]["cid"] for call in list_calls(CASES["two lists by one function"].page)] == ["31", "32"]


def test_a_pinned_row_says_so():
    case = CASES["fetch"]
    assert read_call(list_calls(case.page)[0], case.answer, case.page.url, today=TODAY).rows[0].pinned


SILENT = {
    "another host": '$.getJSON("https://api.b.gov.cn/news/list?page=1&channelId=2", function(d){ $("#l").append("<li>") })',
    "another port": '$.getJSON("//www.a.gov.cn:8080/news/list?page=1&channelId=2", function(d){ $("#l").append("<li>") })',
    "a user before the host": '$.getJSON("http://www.a.gov.cn@b.com/news/list?page=1", function(d){ $("#l").append("<li>") })',
    "no http": '$.getJSON("ftp://www.a.gov.cn/news/list?page=1", function(d){ $("#l").append("<li>") })',
    "an unknown channel": 'var id = getQuery("id"); $.get("/news/list", {channelId: id, page: 1}, function(d){ $("#l").append("<li>") })',
    "a variable with two values": 'var id = 1; if (isDept) { id = 2 } $.get("/news/list", {channelId: id, page: 1}, function(d){ $("#l").append("<li>") })',
    "the second page": '$.get("/news/list", {channelId: 3, page: 2}, function(d){ $("#l").append("<li>") })',
    "a page that may count from 0": 'pager.on("turn", function(n){ $.get("/news/list", {channelId: 3, page: n}, function(d){ $("#l").append("<li>") }) })',
    "a POST that does not read": '$.post("/api/article/apply", {articleId: 3, columnId: 4}, function(d){ $("#l").append("<li>") })',
    "an action in JSON": 'fetch("/api/news/list", {method: "POST", body: JSON.stringify({action: "delete", channelId: 3, pageNo: 1})})',
    "waits for scrolling": '$(window).scroll(function(){ $.get("/news/list", {channelId: 3, page: 1}, function(d){ $("#l").append("<li>") }) })',
    "PUT": '$.ajax({url: "/news/list", type: "PUT", data: {channelId: 3}, success: function(d){ $("#l").append("<li>") }})',
    "DELETE by fetch": 'fetch("/news/list?channelId=3", {method: "DELETE"})',
    "an action": '$.post("/news/list.do", {method: "addVisit", channelId: 3, page: 1}, function(d){ $("#l").append("<li>") })',
    "a login": '$.get("/user/login?list=1&page=1")',
    "run-together counting": '$.get("/content/articlehits.jsp?infoid=3&page=1", function(d){ $("#l").html("<a>") })',
    "statistics": '$.get("/news/list/stat?channelId=3", function(d){ $("#l").append("<li>") })',
    "a search without words": '$.get("/search/list", {searchWord: $("#kw").val(), page: 1}, function(d){ $("#l").append("<li>") })',
    "waits for a key": '$("#kw").on("keyup", function(){ $.get("/news/list", {channelId: 3}, function(d){ $("#l").append("<li>") }) })',
    "called by nobody": 'function later(){ $.get("/news/list", {channelId: 3}, function(d){ $("#l").append("<li>") }) }',
    "in a string": 'var help = "use $.get(\'/news/list?channelId=3\')"; var other = \'fetch("/news/list?page=1")\'',
    "in a comment after a string": 'var a = "http://x/"; // $.get("/news/list?channelId=3&page=1", fill)',
    "in a comment of old browsers": '<!-- $.get("/news/list?channelId=3&page=1", fill)\n var a = 1;\n//-->',
    "a window": 'window.open("GET", "/news/list?channelId=3")',
    "cut off": '$.ajax({url: "/news/list", data: {channelId: 3, page: 1',
    "in a regular expression": 'var a = b.replace(/"/g, ""); var c = /$.get("list")/;',
}  # fmt: skip


@pytest.mark.parametrize("code", SILENT.values(), ids=SILENT.keys())
def test_what_is_not_asked(code: str):
    page = a_page(f"<input id='kw'><ul id='l'></ul><script>{code}</script>")
    assert list_calls(page) == []


def test_a_parameter_of_the_pages_own_address_is_known():
    code = 'var id = getQueryString("id"); $.get("/news/list", {channelId: id, pageNo: 1}, function(d){ $("#l").append("<li>") })'
    (call,) = list_calls(a_script(code, f"{HOST}/list.html?id=37"))
    assert asked(call)[2] == {"channelId": "37", "pageNo": "1"}
    assert list_calls(a_script(code, f"{HOST}/list.html")) == []


def test_the_list_is_taken_not_the_box_beside_it_nor_the_channel_around_it():
    rows = [{"id": 1, "title": ONE, "pubDate": "2026-08-03", "channel": {"title": "通知公告", "url": "/tzgg/"}}]
    hot = [{"id": n, "title": f"{TWO}{n}", "url": f"/h/{n}.html", "pubDate": "2026-11-01"} for n in range(9)]
    engine = {"hits": {"hits": [{"_id": "a", "_source": {"title": ONE, "url": "/a/1.html", "pubDate": "2026-08-03"}}]}}
    call = ListCall("generic", "GET", f"{HOST}/x")
    for answer, row in (
        ({"hot": hot, "list": rows}, Row(ONE, None, date(2026, 8, 3), "row")),
        (engine, Row(ONE, f"{HOST}/a/1.html", date(2026, 8, 3), "row")),
    ):
        assert read_call(call, json.dumps(answer), f"{HOST}/", today=TODAY).rows == (row,)


def test_a_long_page_is_read_in_time():
    code = "var e=1;function f(e){return g(function(){e=e+1;$.get('/list',{page:e})})}f(1);" * 4000
    page = a_page(f"<img src='data:image/png;base64,{'A' * 300_000}'><script>{code}\"{'A' * 300_000}\"</script>")
    started = time.process_time()
    list_calls(page)
    family_of(page)
    assert time.process_time() - started < 5


def test_www_and_bare_are_one_host_and_parameters_stay_as_written():
    calls = list_calls(
        a_script(
            '$.get("//a.gov.cn/api/list?sid=3&from=x&token=&cid=%E6%9F%90&page=1", function(d){ $("#l").append("<li>") })'
        )
    )
    assert [c.url for c in calls] == []  # a token is nobody's list
    calls = list_calls(
        a_script(
            '$.get("//a.gov.cn/api/list?sid=3&from=x&cid=%E6%9F%90&page=1#top", function(d){ $("#l").append("<li>") })'
        )
    )
    assert [c.url for c in calls] == ["http://a.gov.cn/api/list?sid=3&from=x&cid=%E6%9F%90&page=1"]


def test_code_around_a_call_is_read_as_code():
    """Patterns with quotes, strings with slashes, comments with quotes, `<!--` around a whole script."""
    code = """<!--
    var re = /["'\\/]/g, url = "https://www.a.gov.cn//x"; // don't
    var cid = 'a\\u4e2d\\'b'; /* it's " */
    var q = a ? "}" : '{';
    $.get('/api/list', { cid : cid , page: 1, }, function (d) { $('#l').append('<li>' + d) })
    //-->"""
    (call,) = list_calls(a_script(code))
    assert asked(call) == ("GET", "/api/list", {"cid": "a中'b", "page": "1"})


NOT_UNDERSTOOD = (
    "", " ", "null", "true", "3", "[]", "{}", "{", "<", "<html><body>系统维护中</body></html>", '{"code":500,"msg":"error","data":[]}',
    '{"success":false,"data":{"html":"<div count=\\"0\\" rows=\\"15\\"></div>"}}', '{"data":{"html":""}}', "暂无数据", "success",
    '{"rows":[{"a":1}]}', '[{"name":"政务公开","url":"/zwgk/","createTime":"2026-01-01"},{"name":"互动交流","url":"/hdjl/","createTime":"2026-01-01"}]',
    f'[{{"title":"{ONE}","url":"/banner.html","img":"/a.jpg"}}]',
    '<!DOCTYPE html><html><body><ul><li><a href="/a/1.html">某某县人民政府召开常务会议</a><span>2026-11-20</span></li></ul></body></html>',
    '<ul><li><a href="/zwgk/">政务公开栏目</a></li><li><a href="/hdjl/">互动交流栏目</a></li></ul>',
)  # fmt: skip


@pytest.mark.parametrize("answer", NOT_UNDERSTOOD)
def test_an_answer_that_is_not_understood_is_no_empty_list(answer: str):
    call = ListCall("generic", "GET", f"{HOST}/api/list")
    assert read_call(call, answer, f"{HOST}/zwgk/", today=TODAY) == Listing(unseen="parse_empty")


ZERO = (
    ("gkmlpt", '{"total":0,"articles":[]}', True),
    ("gkmlpt", '{"articles":[]}', True),
    ("gkmlpt", '{"total":12,"articles":[]}', False),  # beyond the last page, or a fault
    ("gkmlpt", '{"total":0,"articles":[],"code":403}', False),
    ("generic", '{"total":0,"rows":[]}', False),
    ("trs_irs", '{"success":true,"data":{"pager":{"total":0},"list":[]}}', True),
    ("trs_irs", '{"success":true,"data":null}', False),
    ("trs_irs", '{"success":false,"data":{"pager":{"total":0},"list":[]}}', False),
    (
        "hanweb_jpaas",
        '{"success":true,"data":{"html":"<div class=\\"pagination\\" rows=\\"15\\" count=\\"0\\"></div>"}}',
        True,
    ),
    ("hanweb_jpaas", '{"success":true,"data":{"html":""}}', False),
    ("hanweb_jpaas", '{"success":true,"data":{"html":"<div>请求过于频繁</div>"}}', False),
    ("hanweb_jcms", "<datastore><totalrecord>0</totalrecord><recordset></recordset></datastore>", True),
    ("hanweb_jcms", "<datastore><totalrecord>30</totalrecord><recordset></recordset></datastore>", False),
    ("hanweb_jcms", "<datastore><recordset></recordset></datastore>", False),  # what strangers get
    ("generic", "<datastore><totalrecord>0</totalrecord><recordset/></datastore>", False),
)


@pytest.mark.parametrize(("family", "answer", "plainly"), ZERO)
def test_only_a_known_familys_plain_zero_is_believed(family: str, answer: str, plainly: bool):
    listing = read_call(ListCall(family, "GET", f"{HOST}/x"), answer, f"{HOST}/zwgk/", today=TODAY)
    assert listing == (Listing() if plainly else Listing(unseen="parse_empty"))


DAYS = (
    ({"pubtime": "2026-08-03", "createtime": "2026-08-09", "update_time": "2026-09-01"}, date(2026, 8, 3)),
    ({"save_time": "2026-11-01", "docpubtime": "2026-08-03 10:00"}, date(2026, 8, 3)),
    ({"endDate": "2026-12-31", "fbrq": "2026.08.03"}, date(2026, 8, 3)),
    ({"cwrq": "2026-07-01", "createDate": epoch(2026, 8, 3, 1) * 1000}, date(2026, 8, 3)),
    ({"createDate": "2026-08-03", "updateDate": "2026-09-03"}, date(2026, 8, 3)),
    ({"updateTime": {"date": 3, "month": 7, "year": 126, "time": epoch(2026, 8, 3, 5) * 1000}}, date(2026, 8, 3)),
    ({"publishTime": f"/Date({epoch(2026, 8, 3, 5) * 1000}+0800)/"}, date(2026, 8, 3)),
    ({"publishTime": "2026-08-02T16:30:00.000Z"}, date(2026, 8, 3)),
    ({"publishTime": "", "releaseDate": None, "addtime": "2026年8月3日"}, date(2026, 8, 3)),
    ({"displayPublishTime": epoch(2026, 8, 3, 0), "publishTime": epoch(2026, 8, 5)}, date(2026, 8, 3)),
    ({"date": "2026-08-03", "clickCount": 20260909}, date(2026, 8, 3)),
)


@pytest.mark.parametrize(("fields", "day"), DAYS)
def test_the_day_of_publication_is_preferred(fields: dict[str, object], day: date):
    answer = json.dumps({"data": {"records": [{"id": 1, "title": ONE, "url": "/a/1.html", **fields}]}})
    listing = read_call(ListCall("generic", "GET", f"{HOST}/x"), answer, f"{HOST}/zwgk/", today=TODAY)
    assert [row.published for row in listing.rows] == [day]


MENTIONS = (
    "<p>本站采用 TRS WCM、大汉 jpage、gkmlpt、UCAP、博达 VSB、__VIEWSTATE 技术建设。createPageHTML(3, 0)</p>",
    '<a href="http://www.b.gov.cn/202608/t20260803_1.shtml">甲</a><a href="http://www.b.gov.cn/202608/t20260803_2.shtml">乙</a>'
    '<a href="http://www.b.gov.cn/202608/t20260803_3.shtml">丙</a>',
    '<div class="TRS_Editor"><p class="trs_paper_default">从别处粘贴的正文</p></div>',
    '<a href="/gkmlpt/index">政府信息公开</a>',
    "<script>// createPageHTML(9, 0, 'index', 'html')\n/* dataproxy: '/module/web/jpage/dataproxy.jsp' NFCMS_SITE_ID */</script>",
    "<!-- <input name='__VIEWSTATE'> <div id='line_u9_0'></div><div id='line_u9_1'></div> -->",
    "<script>function go(){ location.href = '/was5/web/search?channelid=260481&searchword=' + escape(word) }</script>",
)


@pytest.mark.parametrize("body", MENTIONS)
def test_a_page_that_only_mentions_a_product_has_no_family(body: str):
    assert family_of(a_page(body, f"{HOST}/index.html")) is None


MARKED = {
    "trs": '<a class="CurrChnlCls" href="../">通知</a><div class="TRS_UEDITOR"></div>',
    "vsb": '<ul><li id="line_u9_0"></li><li id="line_u9_1"></li></ul>',
    "aspnet": '<form><input type="hidden" name="__VIEWSTATE" value="/wEP"></form>',
    "siteserver": '<script src="/sitefiles/bairong/scripts/stlClient.js"></script>',
    "ucap": "<script>var websiteId = '1', manuscriptId = 'a';</script>",
    "nfc": "<script>var NFCMS_SITE_ID = 200001;</script><div class='TRS_Editor'></div>",
    "longxun": '<a href="/public/organIndex/3.html">甲</a><a href="/public/column/4?type=4">乙</a><a href="/public/3/51.html">丙</a><a href="/public/3/52.html">丁</a>',
    "creator": "<script>$.get('/creatorCMS/visitpage/add');</script>",
    "hanweb_jcms": '<a href="/art/2026/8/3/art_1_2.html">甲</a><a href="/art/2026/8/3/art_1_3.html">乙</a><a href="/art/2026/8/3/art_1_4.html">丙</a>',
}


@pytest.mark.parametrize(("family", "body"), MARKED.items(), ids=MARKED.keys())
def test_marks_tell_the_family(family: str, body: str):
    assert family_of(a_page(body, f"{HOST}/index.html", decoys="")) == family


# Labels of the saved pages and the families they may be told as; None is always allowed, it says nothing.
LABELS = {
    "TRS": "trs", "Hanweb JCMS": "hanweb_jcms", "GD-NFC": "nfc", "SiteServer": "siteserver", "PowerEasy": "aspnet", "Longxun": "longxun",
    "Creator": "creator", "websiteId": "ucap",
}  # fmt: skip


@pytest.mark.skipif(not (REAL / "labels.jsonl").exists(), reason="the saved real pages are not here")
def test_the_saved_real_pages_show_no_false_family():
    told = 0
    for line in (REAL / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        text = (REAL / label["file"]).read_bytes().decode(label["charset"].split()[0], "replace")
        url = label["url"] or f"{HOST}/x/"
        page = Page(url if "://" in url else f"http://{url}", text)
        family = family_of(page)
        wanted = next((name for start, name in LABELS.items() if label["cms"].startswith(start)), None)
        assert family in (None, wanted), label["file"]
        told += family is not None
        assert all(same_host(call.url, page.url) for call in list_calls(page))
    assert told >= 35


PIECES = st.sampled_from(
    ["$.ajax({", "url:", "'/api/list'", '"https://b.com/list"', "data:{page:1}", "})", "fetch(", "`/x/${a}`", "function f(a){", "}", "f(1);", "//", "/*",
     "*/", "<!--", "var a=", "a", "+", "(", ")", "[", "]", "{", ",", ";", "\n", '"', "'", "`", "\\", "/", "location.href", "JSON.stringify(", "||", "success:", "'//b.com/list?page=1'",
     "$('#1').jpage({ajaxParam:{unitid:1,columnid:2},proxyUrl:'//b.com/p'})", "$.get(", "'<li>'", ":", "1", "\ud800", "=>", "$.post('/list',", "xhr.open('GET',"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(PIECES, max_size=30).map("".join),
    st.sampled_from([f"{HOST}/a/", "https://a.gov.cn:443/", "http://[::1]:8000/x"]),
)
def test_calls_never_name_another_host(code: str, url: str):
    page = Page(
        url,
        f"<base href='//b.com/'><body><ul></ul><script>{code}</script><div querydata=\"{{'pageId':1,'webId':2}}\" url='//b.com/'></div></body>",
    )
    own = urlsplit(url).hostname
    for call in list_calls(page):
        assert urlsplit(call.url).hostname in (own, f"www.{own}", str(own).removeprefix("www."))
        assert call.method in ("GET", "POST")
        call.url.encode("ascii")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from([ONE, "/a/1.html", "2026-08-03", "<li><a href=x>y</a>", "http://[", "1785686400"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["title", "url", "pubtime", "data", "html", "list", "total", "id", "f_123456", "success", "code"]), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip
FAMILIES = st.sampled_from(["generic", "gkmlpt", "trs_irs", "trs_was", "hanweb_jpaas", "hanweb_jcms", "no such family"])


@settings(max_examples=150, deadline=None)
@given(
    FAMILIES,
    st.text(max_size=60)
    | st.binary(max_size=60).map(lambda b: b.decode("utf-8", "surrogateescape"))
    | VALUES.map(json.dumps)
    | VALUES.map(lambda v: f"<datastore><record>{v}</record>"),
)
def test_an_answer_never_raises(family: str, text: str):
    listing = read_call(ListCall(family, "GET", f"{HOST}/x?perpage=0"), text, f"{HOST}/zwgk/", today=TODAY)
    assert listing.rows == () or listing.unseen is None
    assert listing.unseen in (None, "parse_empty")


@given(
    st.lists(
        st.tuples(
            st.text(alphabet="关于印发年度工作要点的通知公告会议", min_size=4, max_size=20),
            st.dates(date(2002, 1, 1), date(2031, 1, 1)),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_a_json_list_reads_back(items: list[tuple[str, date]]):
    entries = [
        {
            "id": n,
            "title": t,
            "url": f"/a/{n}.html",
            "publishTime": epoch(d.year, d.month, d.day, 12) * (1 if n % 2 else 1000),
        }
        for n, (t, d) in enumerate(items)
    ]
    listing = read_call(
        ListCall("generic", "GET", f"{HOST}/x"), json.dumps({"result": {"rows": entries}}), f"{HOST}/", today=TODAY
    )
    assert paths_of(listing) == tuple((t, f"/a/{n}.html", d) for n, (t, d) in enumerate(items))
