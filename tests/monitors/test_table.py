"""Laws of the assessment table: sums, dense ranks, ties that only a decision separates, marks that are no marks."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.rubric import load_rubric
from monitors.table import (
    Decision,
    NoMark,
    Parts,
    Reason,
    ScoreTableProblem,
    group_of,
    groups,
    mark,
    points,
    ranked,
    remark,
    total,
)

D = Decimal


def a_row(unit, mark="20.0", group="county", **more):
    parts = {"written": D(mark), "online": D("9.0"), "consultation": D("60.0")}
    return Parts(unit, group, **(parts | more))


def ranks(rows, *decisions):
    return {
        line.parts.unit: line.rank for line in ranked(rows, [Decision(*d, "商定", "d.csv 第 2 行") for d in decisions])
    }


def refused(rows, *decisions):
    with pytest.raises(ScoreTableProblem) as caught:
        ranks(rows, *decisions)
    return str(caught.value)


TIED = [a_row("甲县"), a_row("乙县"), a_row("丙县"), a_row("丁县", "19.9"), a_row("戊县", "21")]


def test_ties_share_a_rank_and_the_next_follows_without_a_gap():
    assert ranks(TIED) == {"戊县": 1, "甲县": 2, "乙县": 2, "丙县": 2, "丁县": 3}


def test_a_decision_ranks_a_tied_unit_behind_another():
    assert ranks(TIED, ("乙县", "甲县")) == {"戊县": 1, "甲县": 2, "丙县": 2, "乙县": 3, "丁县": 4}
    assert ranks(TIED, ("乙县", "甲县"), ("丙县", "乙县")) == {"戊县": 1, "甲县": 2, "乙县": 3, "丙县": 4, "丁县": 5}
    assert ranks(TIED, ("乙 县", "甲　县"))["乙县"] == 3  # white space in names says nothing
    line = next(line for line in ranked(TIED, [Decision("乙县", "甲县", "网上考核较低")]) if line.parts.unit == "乙县")
    assert [d.why for d in line.decisions] == ["网上考核较低"]


@pytest.mark.parametrize(
    ("decisions", "said"),
    [
        ([("丁县", "甲县")], "d.csv 第 2 行：“丁县” 88.9 分，“甲县” 89.0 分，总成绩不相同"),
        ([("无县", "甲县")], "成绩表中没有 “无县”"),
        ([("甲县", "乙城县")], "成绩表中没有 “乙城县”。是否为 “乙县”？"),
        ([("甲县", "甲县")], "“甲县” 不能排在自己之后"),
        ([("甲县", "乙县"), ("乙县", "甲县")], "“甲县” → “乙县” → “甲县” 互相排在对方之后"),
        ([("甲县", "乙县"), ("乙县", "丙县"), ("丙县", "甲县")], "互相排在对方之后"),
        ([("甲县", "乙县"), ("甲县", "乙县")], "与d.csv 第 2 行重复"),
        ([("甲县", "市教育局")], "“甲县” 属县（市、区），“市教育局” 属市直部门，两类单位分别排名"),
    ],
)
def test_decisions_that_cannot_be(decisions, said):
    assert said in refused([*TIED, a_row("市教育局", group="department")], *decisions)


def test_all_that_is_wrong_is_told_at_once():
    assert len(refused(TIED, ("丁县", "甲县"), ("无县", "甲县")).splitlines()) == 2


def test_no_unit_is_lost_or_counted_twice():
    assert "有两行成绩" in refused([a_row("甲县"), a_row("甲 县", "1")])
    assert "不参加排名" in refused([a_row("忻州市", group="portal")])


def test_a_reason_counts_nothing_and_stays_as_it_is():
    (line,) = ranked([a_row("甲县", written="未报资料记0分", bonus="")])
    assert (line.total, line.parts.written) == (D("69.0"), "未报资料记0分")


MARKS = st.decimals(0, 26, places=1)
ROWS = st.lists(
    st.builds(
        Parts,
        st.integers(0, 10**6).map(lambda n: f"单位{n}"),
        st.sampled_from(["county", "department"]),
        MARKS | st.just("未报资料记0分"),
        MARKS,
        MARKS,
        MARKS | st.just(""),
    ),
    unique_by=lambda row: row.unit,
    min_size=1,
    max_size=12,
)


@given(ROWS, st.randoms(use_true_random=False), st.data())
def test_the_laws(rows, chance, data):
    tied = [(a, b) for a in rows for b in rows if a.unit < b.unit and a.group == b.group and total(a) == total(b)]
    chosen = (
        data.draw(st.lists(st.sampled_from(tied), unique_by=lambda pair: (pair[0].unit, pair[1].unit))) if tied else []
    )
    decisions = [Decision(a.unit, b.unit, "商定") for a, b in chosen]  # always towards the larger name: no ring
    lines = ranked(rows, decisions)
    mixed = list(rows)
    chance.shuffle(mixed)
    assert ranked(mixed, decisions) == lines
    assert {line.parts.unit for line in lines} == {row.unit for row in rows}
    for line in lines:
        parts = line.parts
        assert line.total == sum(map(points, (parts.written, parts.online, parts.consultation, parts.bonus)))
        assert line.total.as_tuple().exponent <= -1
    rank = {line.parts.unit: line.rank for line in lines}
    for group in groups():
        mine = [line for line in lines if line.parts.group == group]
        assert [line.rank for line in mine] == sorted(line.rank for line in mine)
        assert {line.rank for line in mine} == set(range(1, len({line.rank for line in mine}) + 1))
        for one in mine:
            for other in mine:
                if one.total > other.total:
                    assert one.rank < other.rank
                elif not decisions and one.total == other.total:
                    assert one.rank == other.rank
    for decision in decisions:
        assert rank[decision.unit] > rank[decision.after]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("23.6", D("23.6")),
        ("24.0", D("24.0")),
        ("２３．６", D("23.6")),
        (" 7 ", D("7")),
        ("0", D("0")),
        ("26", D("26")),
        ("未报资料记0分", "未报资料记0分"),
        ("无公开平台记0分", "无公开平台记0分"),
        ("未报资料记 ０ 分", "未报资料记 ０ 分"),
        ("2022年未报资料，记0分", "2022年未报资料，记0分"),
        ("暂无公开平台，不得分", "暂无公开平台，不得分"),
        ("未提交材料", "未提交材料"),
    ],
)
def test_marks_and_reasons(text, value):
    found = mark(text, D("26"))
    assert (found, str(found)) == (value, str(value))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("26.1", "超过满分 26 分"),
        ("-1", "是负数"),
        ("-0", "是负数"),
        ("", "是空的"),
        ("23.456", "小数超过 2 位"),
        ("23.6分", "看不出是分数还是原因"),
        ("20分", "看不出是分数还是原因"),
        ("0.0分", "看不出是分数还是原因"),
        ("2.3.6", "看不出是分数还是原因"),
        ("23,6", "看不出是分数还是原因"),
        ("90%", "看不出是分数还是原因"),
        ("9月8日", "看不出是分数还是原因"),
        ("#REF!", "看不出是分数还是原因"),
        ("-", "看不出是分数还是原因"),
        ("nan", "看不出是分数还是原因"),
        ("待人工核查", "不是分数"),
        ("暂缺", "不是分数"),
        ("无", "不是分数"),
        ("是", "不是分数"),
        ("二十分", "不是分数"),
    ],
)
def test_what_is_no_mark_and_no_reason(text, wrong):
    with pytest.raises(NoMark) as caught:
        mark(text, D("26"))
    assert caught.value.wrong.startswith(wrong)
    assert caught.value.remedy


@pytest.mark.parametrize("text", ["", "无", "-", "——", "/"])
def test_an_empty_bonus(text):
    assert mark(text, optional=True) == text
    assert points(mark(text, optional=True)) == 0


def test_a_bonus_has_no_full_mark_but_a_floor():
    assert mark("3.5", optional=True) == D("3.5")
    with pytest.raises(NoMark):
        mark("-1", optional=True)
    with pytest.raises(NoMark):
        mark("待定", optional=True)


def test_the_groups():
    assert [group_of(word) for word in ("county", "县（市、区）", "各县〈市、区〉", "Department", " 市直 部门")] == [
        "county", "county", "county", "department", "department",
    ]  # fmt: skip
    assert group_of("门户") == ""
    assert group_of("乡镇") is None
    for name, group in groups().items():
        assert sum(group.full.values()) == 100
        assert group.full["online"] == load_rubric().full[name], "the rubric and the table agree"


PROVINCE = Reason("承担省考核任务")


@pytest.mark.parametrize(
    ("said", "bonus", "deductions", "notes"),
    [
        ("政务公开考核两年连续前三名、创办政府公报加分", [Reason("政务公开考核两年连续前三名"), Reason("创办政府公报")], [], []),
        ("创办政府公报加分", [Reason("创办政府公报")], [], []),
        ("承担省考核任务加分（3项）", [Reason("承担省考核任务", 3)], [], []),
        ("承担省考核任务、舆情回应工作加分", [PROVINCE, Reason("舆情回应工作")], [], []),
        ("承担省考核任务（2项）、舆情回应工作加分", [Reason("承担省考核任务", 2), Reason("舆情回应工作")], [], []),
        (
            "申请政府信息公开未答复引起行政复议（3件）被扣分",
            [],
            [Reason("申请政府信息公开未答复引起行政复议", 3, "件")],
            [],
        ),
        ("未提交书面考核资料，未公布政府信息公开工作年报", [], [], ["未提交书面考核资料", "未公布政府信息公开工作年报"]),
        ("创办政府公报加分；年报逾期被扣分；未自评", [Reason("创办政府公报")], [Reason("年报逾期")], ["未自评"]),
        ("", [], [], []),
    ],
)  # fmt: skip
def test_remarks_in_the_words_of_the_circular(said, bonus, deductions, notes):
    assert remark(bonus, deductions, notes) == said
