"""Large files: sent by the browser straight to the spool, so that no session ever holds one.

`st.file_uploader` keeps what it is given in this process, twice. Here the page shows a button and a place to
drop files on; its script sends each to the API under a ticket, piece by piece, shows how far it is, and has
the page run once more when the file is there.
"""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from crm import waiting_files
from crm.auth import Account
from crm.moment import utc_now
from crm.stores.connection import Stores
from crm.waiting_files import WaitingFile

_TICKET = "upload ticket"
_RENEWED = timedelta(minutes=30)  # before it runs out while the page is open
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

_HTML = """
<div class="drop" part="drop">
  <button type="button"></button><span class="hint"></span>
  <ul aria-live="polite"></ul>
</div>
"""
_CSS = """
.drop { border: 1px dashed var(--st-widget-border-color, var(--st-border-color)); padding: 0.7rem 0.8rem;
  border-radius: var(--st-base-radius); font-family: var(--st-font); color: var(--st-text-color);
  font-size: 0.9rem; }
.drop.over { border-color: var(--st-primary-color); background: var(--st-secondary-background-color); }
button { font: inherit; color: inherit; cursor: pointer; padding: 0.45rem 0.75rem; margin-right: 0.8rem;
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius); }
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
.hint { color: var(--st-gray-text-color); overflow-wrap: anywhere; }
ul { list-style: none; margin: 0; padding: 0; }
li { margin-top: 0.6rem; }
li.wrong { color: var(--st-red-text-color); }
progress { width: 100%; height: 0.4rem; accent-color: var(--st-primary-color); }
"""
_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".drop");
  root.now = { data, setTriggerValue };
  root.querySelector("button").textContent = data.label;
  root.querySelector(".hint").textContent = data.hint;
  if (root.ready) return;
  root.ready = true;
  const list = root.querySelector("ul");

  function send(file) {
    const line = document.createElement("li");
    const name = document.createElement("span");
    const bar = document.createElement("progress");
    name.textContent = file.name;
    line.append(name, bar);
    list.append(line);
    const wrong = (text) => {
      line.className = "wrong";
      name.textContent = file.name + ": " + text;
      bar.remove();
    };
    if (file.size > root.now.data.most) return wrong(root.now.data.tooLarge);
    const request = new XMLHttpRequest();
    request.open("POST", root.now.data.url + "?filename=" + encodeURIComponent(file.name.slice(0, 400)));
    request.upload.onprogress = (event) => {
      bar.max = event.total;
      bar.value = event.loaded;
      const share = Math.floor(100 * event.loaded / event.total);
      name.textContent = file.name + (share < 100 ? " – " + share + " %" : " – almost there");
    };
    request.onerror = () => wrong(root.now.data.lost);
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch (error) { /* said below */ }
      if (request.status !== 201) return wrong(answer.error?.message ?? root.now.data.lost);
      line.remove();
      root.now.setTriggerValue("sent", answer.fileId);
    };
    request.send(file);
  }

  root.querySelector("button").onclick = () => {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.onchange = () => [...input.files].forEach(send);
    input.click();
  };
  root.ondragover = (event) => { event.preventDefault(); root.classList.add("over"); };
  root.ondragleave = () => root.classList.remove("over");
  root.ondrop = (event) => {
    event.preventDefault();
    root.classList.remove("over");
    [...event.dataTransfer.files].forEach(send);
  };
}
"""
_MOST = 2 * 1024**3  # bytes, as the API has it


class SentFile(io.BufferedReader):
    """A file of the spool, with the name, the size and the id that an uploaded one has."""

    def __init__(self, stores: Stores, file: WaitingFile) -> None:
        super().__init__(waiting_files.opened(stores, file))
        self.waiting = file
        self.file_id = file.id
        self.size = file.size

    @property
    def name(self) -> str:
        return self.waiting.name


DroppedFile = UploadedFile | SentFile


def sent(stores: Stores, account: Account) -> list[SentFile]:
    """Show the place for large files; those of the account that are in the spool and not imported."""
    ticket = _ticket(stores, account)
    data = {
        "url": f"{st.get_option('server.baseUrlPath').rstrip('/')}/api/imports/files/{ticket}",
        "label": "Send a large file",
        "hint": "up to 2 GB each, or drop them here",
        "most": _MOST,
        "tooLarge": "larger than 2 GB",
        "lost": "it could not be sent. Look at your connection and try again.",
    }
    _component()(data=data, key="large_upload", on_sent_change=lambda: None)
    return [SentFile(stores, file) for file in waiting_files.waiting(stores, account)]


def discard(stores: Stores, file: SentFile) -> None:
    """Remove a sent file that is not to be imported."""
    waiting_files.discard(stores, file.waiting)


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("large_upload", html=_HTML, css=_CSS, js=_JS)


def _ticket(stores: Stores, account: Account) -> str:
    """The session's ticket, a new one before it runs out."""
    kept: tuple[str, datetime, str] = st.session_state.get(_TICKET, ("", _LONG_AGO, ""))
    holder, made, ticket = kept
    now = utc_now()
    if holder != account.id or now - made > _RENEWED:
        ticket = waiting_files.offer(stores, account)
        st.session_state[_TICKET] = (account.id, now, ticket)
    return ticket
