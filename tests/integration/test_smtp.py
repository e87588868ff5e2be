"""Real e-mail, through a real mail server on loopback."""

import socket
import ssl
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crm import campaigns, carriers, ledger
from crm.errors import InvalidInput, Unavailable
from crm.moment import utc_now
from crm.settings import settings
from crm.stores import samples, streams
from crm.vendors.protocol import EMAIL, Message, Verdict
from crm.vendors.smtp import NO_STARTTLS, SmtpVendor
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd
from tests.smtp_server import mail_server


@pytest.fixture
def server():
    with mail_server() as box:
        yield box


@pytest.fixture
def secret(monkeypatch, tmp_path):
    """A secret of the installation's own."""
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield
    settings.cache_clear()


def vendor(box, **more):
    return SmtpVendor("127.0.0.1", "shop@crm.test", box.port, more.pop("security", "none"), **more)


def message(address, *, key="c1:p1:1", text="Hi\n.\nBye", **more):
    return Message(key, EMAIL, address, text, more.pop("subject", "Hello"), **more)


def test_a_letter_has_text_html_and_the_headers_that_letters_have(server):
    [answer] = vendor(server, sender_name="Böhm & Co").submit([message("ann@crm.test", html="<p>Hi</p>")])
    [(address, letter)] = server.taken
    assert (answer.verdict, answer.message_id) == (Verdict.SENT, "<c1.p1.1@crm.test>")
    assert address == letter["To"] == "ann@crm.test"
    assert letter["From"].addresses[0].display_name == "Böhm & Co"
    assert letter["Subject"] == "Hello"
    assert letter["Message-ID"] == answer.message_id
    assert abs(letter["Date"].datetime - utc_now()) < timedelta(minutes=5)
    assert letter.get_body(("plain",)).get_content().split() == ["Hi", ".", "Bye"]
    assert letter.get_body(("html",)).get_content().strip() == "<p>Hi</p>"
    assert "List-Unsubscribe" not in letter


def test_one_connection_carries_a_batch_and_each_message_ends_as_the_server_says(server):
    people = ["a.1", "busy.2", "gone.3", "full.4", "b.5"]
    answers = vendor(server).submit([message(f"{each}@crm.test", key=each) for each in people])
    assert [(one.key, one.verdict, one.reason) for one in answers] == [
        ("a.1", Verdict.SENT, None),
        ("busy.2", Verdict.TEMPORARY, "450 4.2.1 try again later"),
        ("gone.3", Verdict.FAILED, "550 5.1.1 no such user here"),
        ("full.4", Verdict.FAILED, "552 5.2.2 the mailbox is full"),
        ("b.5", Verdict.SENT, None),
    ]
    assert server.connections == 1


def test_what_breaks_before_the_text_may_be_tried_again_and_after_it_is_unclear(server):
    people = ["early.1", "late.2", "b.3"]
    answers = vendor(server).submit([message(f"{each}@crm.test", key=each) for each in people])
    assert [one.verdict for one in answers] == [Verdict.TEMPORARY, Verdict.UNCLEAR, Verdict.SENT]
    assert [address for address, _ in server.taken] == ["late.2@crm.test", "b.3@crm.test"]
    assert server.connections == 3


def test_addresses_beyond_ascii_are_written_to_where_the_server_can(server):
    people = ["jörg@crm.test", "ann@münchen.test"]
    answers = vendor(server).submit([message(each, text="Grüße") for each in people])
    assert [one.verdict for one in answers] == [Verdict.SENT, Verdict.SENT]
    assert [address for address, _ in server.taken] == ["jörg@crm.test", "ann@xn--mnchen-3ya.test"]
    assert server.taken[0][1].get_body().get_content().strip() == "Grüße"
    with mail_server(unicode=False) as old:
        refused, sent = vendor(old).submit([message(each) for each in people])
    assert (refused.verdict, sent.verdict) == (Verdict.FAILED, Verdict.SENT)


@pytest.mark.parametrize(
    "address",
    [None, "", "ann", "ann@crm.test\r\nBcc: eve@crm.test", "ann@crm.test>\nRCPT TO:<eve@crm.test",
     "ann@crm.test, eve@crm.test", "Ann <ann@crm.test>", "a\x00@crm.test", "@crm.test", "a@b@crm.test"],
)  # fmt: skip
def test_what_is_no_single_address_is_refused_and_never_sent(server, address):
    [answer] = vendor(server).submit([message(address)])
    assert answer.verdict is Verdict.FAILED
    assert server.taken == []


def test_no_text_adds_a_header_or_a_second_letter(server):
    evil = "x\r\nBcc: eve@crm.test\r\n\r\n.\r\nMAIL FROM:<a@b>\r\n.\rRSET\r\n"
    [answer] = vendor(server, sender_name="x").submit(
        [message("ann@crm.test", subject=evil, text=evil, key="c:\r\nBcc: e@crm.test:1", html=evil)]
    )
    [(_, letter)] = server.taken
    assert answer.verdict is Verdict.SENT
    assert letter["Bcc"] is None
    assert letter["Subject"].startswith("x Bcc: eve@crm.test")
    assert "MAIL FROM:<a@b>" in letter.get_body(("plain",)).get_content()


def test_without_a_server_nothing_is_taken():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable, match="can't be reached"):
        SmtpVendor("127.0.0.1", "shop@crm.test", port, "none").submit([message("ann@crm.test")])


def test_a_password_goes_over_an_encrypted_connection_only(server, tmp_path, monkeypatch):
    with pytest.raises(Unavailable, match=NO_STARTTLS):
        vendor(server, security="starttls", user="u", password="p").submit([message("ann@crm.test")])
    with pytest.raises(InvalidInput, match="can't be configured"):
        carriers.registry.build(
            "smtp", {"host": "mail.test", "sender": "a@b.test", "user": "u", "security": "none"}
        )
    context = certified(tmp_path)
    with mail_server(encrypted=context, login=("u", "p")) as box:
        with pytest.raises(Unavailable, match="encrypted connection"):  # nobody vouches for it
            vendor(box, security="starttls").check()
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        with pytest.raises(Unavailable, match="refuses the user or the password"):
            vendor(box, security="starttls", user="u", password="wrong").check()
        sender = vendor(box, security="starttls", user="u", password="p")
        assert "takes the user and password" in sender.check()
        assert [one.verdict for one in sender.submit([message("ann@crm.test")])] == [Verdict.SENT]
        assert box.user == "u"


def certified(folder):
    """A TLS context of 127.0.0.1, whose certificate lies in the folder."""
    from ipaddress import ip_address

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    encoding = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(made.public_bytes(encoding))
    (folder / "key.pem").write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def configured(stores, box, **more):
    wanted = {"host": "127.0.0.1", "port": box.port, "security": "none", "sender": "shop@crm.test"}
    return carriers.configure(stores, "smtp", wanted | more, account=MARKETER, now=NOW)


def launched(stores, **options):
    return campaigns.launch_new(
        stores, name="x", rules=EVERYONE, template="Hi {name}", account=MARKETER, now=NOW,
        options={"vendor": "smtp", "subject": "Hello {name}", "errorBudget": 1} | options,
    )["_id"]  # fmt: skip


def test_a_campaign_by_smtp_balances_and_writes_to_nobody_twice(stores, server, secret):
    crowd(stores, 20)
    for kind in ("busy", "gone", "late", "early"):
        crowd(stores, 1, email=f"{kind}.1@crm.test")
    configured(stores, server, tries=2)
    campaign_id = launched(stores)
    hands = Hands(stores)
    hands.finish()
    hands.replay()
    books = ledger.books(stores, campaign_id)
    assert books.problems == ()
    assert {state: many for state, many in books.counts.items() if many} == {"sent": 20, "failed": 4}
    assert ledger.reasons(stores, campaign_id, "failed") == {
        "550 5.1.1 no such user here": 1,
        "unclear: the mail server's answer was lost": 1,
        "given up after 2 tries: 450 4.2.1 try again later": 1,
        "given up after 2 tries: the connection to the mail server broke": 1,
    }
    written = [letter["Message-ID"] for _, letter in server.taken]
    assert len(written) == len(set(written)) == 21


def test_it_is_off_until_it_is_configured(stores, secret):
    crowd(stores, 1)
    with pytest.raises(InvalidInput, match="E-mail is off"):
        launched(stores)
    assert streams.backlog(stores, streams.PLAN) == 0


def test_a_password_is_kept_sealed_and_one_of_another_key_is_none(stores, server, secret, monkeypatch):
    kept = configured(stores, server, user="u", password="open sesame")
    assert "sesame" not in str(stores.collection("vendors").find_one({"_id": "smtp"}))
    assert carriers.vendor(stores, "smtp").password == "open sesame"
    assert "sesame" not in repr(carriers.vendor(stores, "smtp"))
    configured(stores, server, port=server.port)
    assert carriers.vendor(stores, "smtp").password == "open sesame"
    monkeypatch.setenv("CRM_SECRET_KEY", "another one altogether")
    settings.cache_clear()
    assert carriers.registry.build("smtp", carriers._opened("smtp", kept)).password == ""


def test_what_is_to_be_thought_of_before_real_e_mail_goes_out_is_said(stores, monkeypatch):
    monkeypatch.setenv("CRM_PUBLIC_URL", "https://crm.shop.example")
    settings.cache_clear()
    assert carriers.warnings(stores, "smtp") == []
    samples.made_at(stores, "shop", NOW)
    assert ["sample data" in each for each in carriers.warnings(stores, "smtp")] == [True]
    monkeypatch.delenv("CRM_PUBLIC_URL")
    settings.cache_clear()
    assert ["CRM_PUBLIC_URL" in each for each in carriers.warnings(stores, "smtp")] == [False, True]
    assert carriers.warnings(stores, None) == []
    settings.cache_clear()
