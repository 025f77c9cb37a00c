"""Requests as citizens write them, in any number: a matter at a place, told in a few sentences.

No two are alike by construction, but many share a street, an estate or a matter, as in life; what was told once
can be told again by somebody else, in other words.
"""

from dataclasses import dataclass
from random import Random

_CHARACTERS = (
    "东西南北中新长安福寿康宁和平光明建设文化人民解放胜利幸福友谊青年工农学府师大湖江河溪泉桥港湾山岭峰林松柏柳桃李梅兰竹菊"
    "金银玉珠龙凤鹤鹿马羊春夏秋冬晨星月阳云雨雪风海天地宇泰恒永久兴隆盛昌达通顺利吉祥瑞丰裕华富贵荣"
)
_STREETS = ("路", "街", "大道", "巷", "东路", "西路", "二路")
_ESTATES = ("花园", "新村", "小区", "家园", "公寓", "华庭", "名苑", "新城", "广场", "安置房")
_MATTERS = (
    ("夜间施工噪音扰民", "工地半夜还在打桩，老人孩子无法休息"),
    ("楼上漏水无人处理", "天花板渗水一个多月，物业一直推诿"),
    ("电梯经常停运", "电梯每周都要坏几次，有人被困在里面"),
    ("垃圾清运不及时", "垃圾堆成山，臭气熏天，蚊蝇很多"),
    ("路灯长期不亮", "晚上一片漆黑，已经有人摔伤"),
    ("占用消防通道停车", "消防通道停满了车，万一失火后果不堪设想"),
    ("自来水发黄有异味", "打开龙头水是黄的，还有铁锈味"),
    ("物业乱收停车费", "没有公示标准就涨价，也不给发票"),
    ("油烟直排影响居民", "楼下饭店的油烟直接排到窗口，窗户不敢开"),
    ("房产证迟迟办不下来", "交房三年了，开发商一直拖着不给办证"),
    ("公交线路班次太少", "早高峰等了四十分钟也没有一班车"),
    ("学位紧张孩子入学难", "家门口的学校说没有名额，要去五公里外"),
    ("下水道堵塞污水外溢", "一下雨污水就从井盖冒出来，流到路面上"),
    ("拖欠农民工工资", "干了半年活，工头说没有钱，已经联系不上"),
    ("暖气不热室温不达标", "家里只有十四度，打电话也没有人来测温"),
    ("树木遮挡采光", "大树长到五楼，白天都要开灯"),
    ("流浪狗伤人", "一群流浪狗天天追人，昨天咬伤一个孩子"),
    ("违规搭建封堵通道", "有人在楼顶盖了两间房，把公共通道也堵了"),
    ("停电后迟迟未恢复", "从昨天下午停到现在，冰箱里的东西全坏了"),
    ("网络信号差", "家里手机没有信号，客服说正在优化，等了半年"),
)
_SAID = (
    "希望有关部门尽快处理。", "已经反映过多次，没有任何结果。", "请核实后给予答复。", "我们全体业主联名反映。",
    "打过热线，说转办了，一直没有下文。", "请领导来现场看一看。", "再不解决只好继续向上反映。",
    "家里有老人和小孩，实在受不了。", "请问归哪个部门管？", "对这种行为应当依法处罚。",
)  # fmt: skip
_OPENINGS = ("尊敬的领导：您好！", "您好，", "本人住在这里，", "", "我是附近居民，", "情况如下：")


@dataclass(frozen=True, slots=True)
class Told:
    """One request as somebody tells it."""

    place: str
    matter: int
    title: str
    text: str


def tell(random: Random, *, again: Told | None = None) -> Told:
    """Return a request of its own, or somebody else's words for one that was told before."""
    matter = random.randrange(len(_MATTERS)) if again is None else again.matter
    place = _place(random) if again is None else again.place
    short, long = _MATTERS[matter]
    title = (
        f"{place}{short}" if random.random() < 0.6 else f"反映{place}{long.split('，')[0]}的问题"
    )
    said = "".join(random.sample(_SAID, 3))
    number = f"{random.randint(1, 30)}栋" if random.random() < 0.5 else ""
    text = f"{random.choice(_OPENINGS)}{place}{number}{long}，{short}。{said}"
    return Told(place, matter, title, text)


def _place(random: Random) -> str:
    street = "".join(random.sample(_CHARACTERS, 2)) + random.choice(_STREETS)
    estate = "".join(random.sample(_CHARACTERS, 2)) + random.choice(_ESTATES)
    return f"{street}{estate}" if random.random() < 0.5 else estate
