"""Personal numbers on a page: the real ones are found and starred, the many numbers that only look so are not."""

import re
import unicodedata
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.decode import decode
from crawler.extract.page import Page
from crawler.extract.privacy import _long_numbers, is_card, is_identity, masked, masked_source, read_leaks, text_leaks
from db.codec import dump

TODAY = date(2026, 11, 24)
REAL = Path(__file__).parents[3] / "shared" / "real-pages"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity(area="140981", born=date(1988, 2, 29), serial=203):
    head = f"{area}{born:%Y%m%d}{serial:03d}"
    return head + "10X98765432"[sum(int(d) * w for d, w in zip(head, WEIGHTS, strict=True)) % 11]


def card(head="622848", length=19, body="0402564890018"):
    digits = (head + body)[: length - 1]
    total = sum(int(d) if n % 2 else sum(divmod(2 * int(d), 10)) for n, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


ID, CARD, MOBILE = identity(), card(), "13835012345"


def leaks(body, title="岚水县2026年农村低保对象名单公示"):
    return read_leaks(
        Page("http://x.gov.cn/a.html", f"<html><title>{title}</title><body>{body}</body></html>"), today=TODAY
    )


def kinds(body, title="岚水县2026年农村低保对象名单公示"):
    return [leak.kind for leak in leaks(body, title)]


def table(head, *rows):
    lines = [f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in (head, *rows)]
    return f"<table><tbody>{''.join(lines)}</tbody></table>"


@pytest.mark.parametrize(
    "body",
    [
        f"<p>身份证号：{ID}</p>",
        f"<p>张三，男，{ID}，现住城关镇</p>",
        f"<p>公民身份号码 {ID[:6]} {ID[6:14]} {ID[14:]}</p>",
        f"<p>证件号码：<span>{ID[:9]}</span><span lang='EN-US'>{ID[9:]}</span></p>",
        f"<p>身份证号：{ID.translate(str.maketrans('0123456789', '０１２３４５６７８９'))}</p>",
        table(("序号", "姓名", "身份证号码"), ("1", "张三", ID), ("2", "李四", identity(serial=87))),
        f"<div style='display:none'>{ID}</div>",
        f"<p>统一社会信用代码 911409000000000000，法定代表人身份证号 {ID}</p>",
    ],
)
def test_identity_numbers(body):
    assert kinds(body, "公示") == ["identity"]


def test_what_is_kept_of_a_number():
    (leak,) = leaks(table(("姓名", "身份证<br>号码"), *(("王五", identity(serial=n)) for n in range(10, 18))))
    assert leak.count == 8
    assert leak.where == "身份证号码"
    assert leak.masked[0] == "1409************" + identity(serial=10)[-2:]
    assert len(leak.masked) == 3


@pytest.mark.parametrize(
    "body",
    [
        f"<p>身份证号：{ID[:6]}********{ID[14:]}</p>",
        f"<p>统一社会信用代码：{ID}</p>",
        f"<p>不动产权证书号 {ID}</p>",
        f"<p>项目代码：{ID}</p>",
        table(("项目名称", "统一社会信用代码"), ("某合作社", ID)),
        f"<table><tr><td>组织机构代码</td><td>{ID}</td></tr></table>",
        f"<p><a href='/files/{ID}.pdf'>附件</a></p>",
        f"<p>http://x.gov.cn/s?id={ID}</p>",
        f"<p>文件 {ID}.docx</p>",
        f"<p>1{ID}</p><p>{ID}00</p><p>GK{ID}</p>",
        f"<script>var id = '{ID}';</script>",
        f"<!-- 身份证号：{ID} -->",
        f"<p>填写格式，例如：{ID}</p>",
        f"<p>身份证号：{ID[:17]}{'0' if ID[17] != '0' else '1'}</p>",
        f"<p>身份证号：{identity(born=date(2031, 1, 1))}</p>",
        f"<p>身份证号：{identity(area='990101')}</p>",
        f"<p>身份证号：{identity(area='140000')}</p>",
        "<p>身份证号：140981198813010012</p>",
    ],
)
def test_what_is_no_identity_number(body):
    assert kinds(body, "公示") == []


@pytest.mark.parametrize(
    "body",
    [
        f"<p>持卡人：张三，银行卡号 {CARD}</p>",
        table(("姓名", "村", "一卡通账号", "金额"), ("张三", "东村", CARD, "1200")),
        table(
            ("户主", "开户银行", "银行账号"),
            ("李四", "农业银行岚水支行", " ".join(CARD[n : n + 4] for n in range(0, 19, 4))),
        ),
        f"<p>户名：王小五　卡号：{card('621700', 19)}</p>",
    ],
)
def test_bank_cards(body):
    assert kinds(body) == ["bank"]


@pytest.mark.parametrize(
    "body",
    [
        f"<p>捐款户名：岚水县慈善总会 账号：{CARD}</p>",
        f"<p>收款单位：岚水县财政局 开户行：农业银行 账号：{CARD}</p>",
        table(("户名", "开户银行", "账号"), ("岚水县某某农牧公司", "农业银行", CARD)),
        f"<p>张三，编号 {CARD}</p>",
        f"<p>持卡人：张三，银行卡号 {CARD[:-1]}{(int(CARD[-1]) + 1) % 10}</p>",
        f"<p>持卡人：张三，银行卡号 {CARD[:6]}*********{CARD[-4:]}</p>",
    ],
)
def test_what_is_no_private_card(body):
    assert kinds(body) == []


@pytest.mark.parametrize(
    "body",
    [
        table(
            ("序号", "姓名", "乡镇", "联系电话"),
            ("1", "张三", "城关镇", MOBILE),
            ("2", "李四", "城关镇", "15035012345"),
        ),
        f"<p>张三，男，低保户，手机号码：{MOBILE}</p><p>李小四 {MOBILE}</p>",
        f"<p>享受补贴人员：王五（{MOBILE}）</p>",
    ],
)
def test_private_mobile_numbers(body):
    assert kinds(body) == ["mobile"]


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (table(("姓名", "职务", "联系电话"), ("张三", "河长", MOBILE)), "岚水县河长名单公示"),
        (table(("姓名", "联系电话"), ("张三", MOBILE)), "家庭医生签约团队"),
        (table(("单位", "姓名", "联系电话"), ("民政局", "张三", MOBILE)), "岚水县2026年农村低保对象名单公示"),
        (f"<p>联系人：张三　联系电话：{MOBILE}</p>", "岚水县2026年农村低保对象名单公示"),
        (f"<p>如有异议请拨打监督举报电话 {MOBILE}</p>", "岚水县2026年农村低保对象名单公示"),
        (f"<p>值班电话：{MOBILE}</p>", "岚水县2026年农村低保对象名单公示"),
        (f"<p>救助热线 {MOBILE}，高考咨询{MOBILE}</p>", "岚水县2026年农村低保对象名单公示"),
        (table(("姓名", "联系电话"), ("张三", "138****2345")), "岚水县2026年农村低保对象名单公示"),
        (f"<p>张三 {MOBILE}</p>", "岚水县召开工作推进会"),
        (f"<div class='foot'>联系电话：{MOBILE} 低保救助</div>", "岚水县人民政府"),
        (f"<p>张三 /a/{MOBILE}.html 低保</p>", "公示"),
    ],
)
def test_service_numbers_and_contacts_are_no_leaks(body, title):
    assert kinds(body, title) == []


@given(
    area=st.sampled_from(["140981", "110101", "652901", "440305", "140902"]),
    born=st.dates(date(1920, 1, 1), TODAY),
    serial=st.integers(0, 999),
    at=st.integers(0, 17),
    step=st.integers(1, 9),
)
def test_a_valid_number_is_found_starred_and_one_wrong_digit_is_none(area, born, serial, at, step):
    number = identity(area, born, serial)
    found = leaks(f"<td>身份证号</td><p>{number}</p>", "公示")
    assert [leak.kind for leak in found] == ["identity"]
    assert number not in dump(found)
    assert number[6:14] not in dump(found)
    assert number not in masked(f"张三，{number}，")
    digit = 10 if number[at] == "X" else int(number[at])
    wrong = number[:at] + str((digit + step) % 10) + number[at + 1 :]
    if wrong != number:
        assert not is_identity(wrong, today=TODAY)
        assert leaks(f"<p>身份证号：{wrong}</p>", "公示") == ()


@given(body=st.text("0123456789", min_size=13, max_size=13), at=st.integers(6, 18), step=st.integers(1, 9))
def test_a_card_with_one_wrong_digit_is_none(body, at, step):
    number = card("622848", 19, body)
    assert is_card(number)
    assert not is_card(number[:at] + str((int(number[at]) + step) % 10) + number[at + 1 :])


@given(st.text("0123456789Xx ./*-：身份证号张<p>", max_size=60))
def test_no_text_breaks_the_reader_and_no_number_leaves_it_whole(text):
    for leak in leaks(f"<p>{text}</p>"):
        assert all("*" in m for m in leak.masked)


def test_the_text_of_an_attachment():
    text = f"岚水县残疾人补贴发放名单\n序号\t姓名\t身份证号\t联系电话\n1\t张三\t{ID}\t{MOBILE}\n"
    found = text_leaks(text, url="http://x.gov.cn/a.xlsx", title="残疾人补贴发放名单", today=TODAY)
    assert [(leak.kind, leak.where) for leak in found] == [("identity", "身份证号"), ("mobile", "联系电话")]


def test_born_tomorrow_is_nobody():
    assert is_identity(identity(born=TODAY), today=TODAY)
    assert not is_identity(identity(born=TODAY + timedelta(days=1)), today=TODAY)


@pytest.mark.skipif(not REAL.exists(), reason="the saved real pages are not here")
def test_no_real_page_leaks():
    pages = sorted(REAL.glob("*/*.html"))
    for file in pages:
        page = Page(f"http://{file.parent.name}/{file.name}", decode(file.read_bytes(), None)[0])
        assert read_leaks(page, today=TODAY) == (), file
    assert len(pages) > 40


@pytest.mark.parametrize(
    ("number", "cut"),
    [
        (ID, f"{ID[:6]} {ID[6:14]} {ID[14:]}"),
        (ID, f"{ID[:6]}&nbsp;{ID[6:14]}&nbsp;{ID[14:]}"),
        (ID, f"<span>{ID[:6]}</span><span lang='EN-US'>{ID[6:14]}</span>{ID[14:]}"),
        (CARD, " ".join(CARD[n : n + 4] for n in range(0, 19, 4))),
        (CARD, f"<b>{CARD[:10]}</b>{CARD[10:]}"),
        (MOBILE, f"{MOBILE[:3]}<font color='red'>{MOBILE[3:]}</font>"),
        (MOBILE, f"<a>{MOBILE}</a><a>{MOBILE}</a>"),
    ],
)
def test_a_number_that_blanks_or_tags_cut_is_starred_in_the_source_of_a_page(number, cut):
    source = f"<p>张三，{cut}，2023 2024 2025 2026 年</p>"
    shown = masked_source(source)
    said = re.sub(r"<[^>]*>|&nbsp;|\s", "", shown)
    assert number not in said and number[:3] in said and number[-2:] in said and "*" * 5 in said
    assert re.findall("<[^>]*>", shown) == re.findall("<[^>]*>", source), "no tag is touched"
    assert "2023 2024 2025 2026 年" in shown
    assert masked_source(shown) == shown


@given(st.text("0189Xx０９ 岚a", max_size=60))
def test_the_quick_search_for_long_numbers_misses_none(text):
    plain = unicodedata.normalize("NFKC", text)
    assert list(_long_numbers(text)) == re.findall(r"[0-9]{11}[0-9Xx]*", plain)
