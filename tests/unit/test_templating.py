"""Conditions in messages: what they may say, what they may not, and that nothing runs away."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import templating
from crm.errors import InvalidInput
from crm.messages import HTML_LIMIT, Style, parse, render

RUPEES = Style("INR", ZoneInfo("UTC"))
ASHA = {
    "name": "Asha", "city": "Pune", "orderCount": 4, "totalSpent": 1234.5, "tags": ["vip", "early"],
    "isInactive": False, "lastOrdered": datetime(2025, 3, 5, tzinfo=UTC),
}  # fmt: skip


def say(text, customer=ASHA, **options):
    return render(parse(text, **options), customer, RUPEES).body


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{% if orderCount > 3 %}Thanks{% else %}Hi{% endif %}, {name}", "Thanks, Asha"),
        ("{% if city == 'Pune' %}{city}{% endif %} {{ totalSpent }}", "Pune ₹1,234.50"),
        ("{% if age %}{age}{% else %}no age{% endif %}", "no age"),
        ("{% if age is defined and age > 18 %}adult{% else %}?{% endif %}", "?"),
        ("{{ name|upper }} {{ age|default('?') }} {{ country|there }}", "ASHA ? there"),
        ("{% for t in tags %}[{{ t }}]{% endfor %} {{ tags|length }} {{ tags }}", "[vip][early] 2 vip, early"),  # noqa: E501
        ("{{ 'big' if totalSpent > 1000 else 'small' }} {{ lastOrdered }}", "big 5 March 2025"),
        ("{% if 'vip' in tags %}VIP{% endif %} {{ isInactive }}", "VIP no"),
        ("{{ totalSpent * 2 }} {# not said #}{% if not isInactive %}active{% endif %}", "2469.0 active"),
        ("{% if true %}{name|it's \\ me} {country|it's \\ me}{% endif %}", "Asha it's \\ me"),
    ],
)  # fmt: skip
def test_a_condition_is_followed_and_values_are_written_as_elsewhere(text, written):
    assert say(text) == written


def test_every_field_that_is_missing_where_it_matters_is_named():
    rendered = render(parse("{% if age > 3 %}x{% endif %}{{ country }} {name}"), ASHA, RUPEES)
    assert (rendered.body, rendered.missing) == (None, ("age", "country"))
    assert rendered.reason == "not renderable: age and country are missing"


def test_the_fields_that_may_be_needed_are_known():
    template = parse(
        "{% if age %}{{ country|default('x') }} {city}{% endif %} {% for t in tags %}{{ t }}{% endfor %}"
    )
    assert set(template.fields) == {"age", "country", "city", "tags"}
    assert template.required == ("city",)


@pytest.mark.parametrize(
    "text",
    [
        "{{ name.__class__ }}{% if 1 %}{% endif %}", "{% if name.x %}{% endif %}", "{{ name()|upper }}",
        "{{ name['__class__'] ~ 1 }}", "{% set x = 1 %}", "{% include 'x' %}", "{% import 'x' as y %}",
        "{% macro f() %}{% endmacro %}", "{% for i in range(9) %}{% endfor %}", "{{ 9 ** 9 ** 9 }}",
        "{{ name|attr('x') }}", "{{ name|map('x') }}", "{{ '%s' % name }}", "{% if nme %}{% endif %}",
        "{% for a in tags %}{% for b in tags %}{% endfor %}{% endfor %}", "{% if name %}", "{{ self ~ 1 }}",
        "{% for k in tags recursive %}{{ loop(k) }}{% endfor %}", "{% raw %}{{ x }}{% endraw",
        "{% if name %}{{", "{{ cycler ~ 1 }}", "{{ lipsum(9) ~ 1 }}", "{% block x %}{% endblock %}",
        "{% call x() %}{% endcall %}",
        "{{ tags|join(attribute='x') ~ name.y }}", "{% filter upper %}x{% endfilter %}",
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(text):
    with pytest.raises(InvalidInput) as caught:
        parse(text)
    assert caught.value.fields[0].field == "messageTemplate"


def test_a_field_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(InvalidInput, match=r"did you mean \{totalSpent\}"):
        parse("{% if totalSpend > 3 %}x{% endif %}")


def test_text_is_never_multiplied_and_the_output_is_bounded():
    rendered = render(parse("{{ name * 999999999 }}"), ASHA, RUPEES)
    assert (rendered.body, "condition" in rendered.reason) == (None, True)
    many = {"tags": ["x" * 1_000] * 500}
    started = time.perf_counter()
    rendered = render(parse("{% for t in tags %}{{ t }}{% endfor %}"), many, RUPEES)
    assert rendered.reason == f"not renderable: it is longer than {templating.LONGEST:,} characters"
    assert time.perf_counter() - started < 5


def test_html_escapes_values_and_leaves_styles_alone():
    evil = ASHA | {"name": "<b onload='x'>&"}
    page = "<style>p { color: red }</style><p>{name}</p>"
    written = "<style>p { color: red }</style><p>&lt;b onload=&#x27;x&#x27;&gt;&amp;</p>"
    assert say(page, evil, as_html=True) == written
    both = say("<p>{% if name %}{name}{{ name|upper }}{% endif %}</p>", evil, as_html=True, limit=HTML_LIMIT)
    assert "<b" not in both.lower()
    with pytest.raises(InvalidInput, match="not a field"):
        parse("<p>{nme}</p>", as_html=True)


@given(st.text(max_size=60))
def test_a_value_is_never_read_as_a_template(text):
    customer = ASHA | {"name": text}
    plain = text.strip()
    assert say("{{ name|default('?') }}{% if 1 %}{% endif %}", customer) == (plain or "?")


@given(st.text(alphabet="{}%# |abnametgs'\"().*+<>=0", max_size=40))
def test_any_text_is_a_template_or_refused(text):
    try:
        template = parse(text)
    except InvalidInput:
        return
    rendered = render(template, ASHA, RUPEES)
    assert rendered.body is not None or rendered.reason
