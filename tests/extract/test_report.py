"""Titles of annual reports: is it one, of which year, and whose?"""

from datetime import date

import pytest

from crawler.extract.page import Page
from crawler.extract.report import is_report_title, loose_year, read_report_page, report_owner, report_year
from db.records import Unit

COUNTY = Unit("岚水县", "county", "http://x.cn/")
BUREAU = Unit("市财政局", "department", "http://y.cn/")
FINANCE = Unit("忻阳市金融工作办公室", "department", "http://y.cn/")
LABOUR = Unit("市人力资源和社会保障局", "department", "http://y.cn/")
HEALTH = Unit("市卫生健康委员会", "department", "http://y.cn/")
OTHERS = ("云阳县", "市教育局", "市民政局")
CITY = "忻阳市人民政府"


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("岚水县人民政府2025年政府信息公开工作年度报告", 2025),
        ("政府信息公开工作2022年度报告", 2022),
        ("2023年政府信息公开年报", 2023),
        ("二〇二四年政府信息公开工作年度报告", 2024),
        ("2025 年 政府信息公开 工作报告", 2025),
        ("2024年度政府信息公开情况总结", 2024),
        ("政府信息公开工作年度报告", None),
        ("关于报送2020年度政府信息公开工作年度报告的通知", None),
        ("关于报送2020年度政府信息公开工作年度报告的函", None),
        ("政府信息公开工作年度报告格式", None),
        ("2025年政府网站工作年度报表", None),
        ("2025年法治政府建设年度报告", None),
        ("2025年部门决算公开", None),
        ("2025年统计年报", None),
    ],
)
def test_year(title, year):
    assert report_year(title) == year


def test_a_report_without_a_year_is_still_one():
    assert is_report_title("政府信息公开工作年度报告")
    assert not is_report_title("工作动态")


@pytest.mark.parametrize(
    ("title", "unit", "owner"),
    [
        ("2025年政府信息公开工作年度报告", COUNTY, "own"),
        ("岚水县2025年政府信息公开工作年度报告", COUNTY, "own"),
        ("岚水县人民政府2025年政府信息公开工作年度报告", COUNTY, "own"),
        ("忻阳市岚水县人民政府2025年政府信息公开年报", COUNTY, "own"),
        ("岚水县财政局2025年政府信息公开工作年度报告", COUNTY, "other"),
        ("云中镇2025年政府信息公开工作年度报告", COUNTY, "other"),
        ("岚水县第一中学2025年政府信息公开工作年度报告", COUNTY, "other"),
        ("云阳县2025年政府信息公开工作年度报告", COUNTY, "other"),
        ("岚水县人民政府办公室2025年政府信息公开工作年度报告", COUNTY, "unclear"),
        ("市财政局2025年政府信息公开工作年度报告", BUREAU, "own"),
        ("财政局2025年政府信息公开工作年度报告", BUREAU, "own"),
        ("忻阳市财政局2025年政府信息公开工作年度报告", BUREAU, "own"),
        ("忻阳市教育局2025年政府信息公开工作年度报告", BUREAU, "other"),
        ("岚水县财政局2025年政府信息公开工作年度报告", BUREAU, "other"),
        ("忻阳市国库支付中心2025年政府信息公开工作年度报告", BUREAU, "other"),
        ("忻阳市人民政府金融工作办公室2025年政府信息公开工作年度报告", FINANCE, "own"),
        ("忻阳市金融工作办公室2025年政府信息公开年报", FINANCE, "own"),
        ("市人社局2025年政府信息公开工作年度报告", LABOUR, "own"),
        ("忻阳市人社局2025年度政府信息公开工作报告", LABOUR, "own"),
        ("市人才服务局2025年政府信息公开工作年度报告", LABOUR, "other"),
        ("市卫健委2025年政府信息公开工作年度报告", HEALTH, "own"),
    ],
)
def test_owner(title, unit, owner):
    assert report_owner(title, unit, OTHERS, CITY) == owner


def test_the_page_of_a_report():
    html = (
        "<title>x</title><meta name=PubDate content='2026-01-20 09:00'><h1>岚水县2025年政府信息公开工作年度报告</h1>"
        "<p>发布时间：2026年1月18日</p><p>一、总体情况</p><p>二、主动公开政府信息情况</p><table><tr><td><p>一、本年新收</p></td></tr></table>"
        "<a href='a.doc'>附件</a>"
    )
    found = read_report_page(Page("http://x.cn/xxgknb/202601/t20260119_7.html", html), today=date(2026, 11, 24))
    assert found["year"] == 2025
    assert (found["shown"], found["meta"], found["url"]) == (date(2026, 1, 18), date(2026, 1, 20), date(2026, 1, 19))
    assert found["six"] == ["一、总体情况", "二、主动公开政府信息情况"]
    assert found["attachments"] == ["http://x.cn/xxgknb/202601/a.doc"]


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("2025年", 2025),
        ("2025年度报告", 2025),
        ("市财政局2025年工作总结", 2025),
        ("2025年部门决算报告", None),
        ("关于开会的通知", None),
        ("年度报告", None),
    ],
)
def test_what_stands_in_a_column_of_reports_may_say_less(title, year):
    assert loose_year(title) == year
