"""What pages of campaigns show, and the parts of them that tests look at."""

PUNE = {"type": "group", "operator": "AND", "conditions": [
    {"type": "condition", "field": "city", "operator": "equals", "value": "Pune"}]}  # fmt: skip

DELHI = {"type": "group", "operator": "AND", "conditions": [
    {"type": "condition", "field": "city", "operator": "equals", "value": "Delhi"}]}  # fmt: skip


def texts(app):
    return " ".join(
        str(element.value)
        for kind in ("markdown", "caption", "text", "warning", "error")
        for element in app.get(kind)
    )


def buttons(app):
    return {button.key: button for button in app.button}


def panel(app, name):
    """Open a panel of a campaign's page, as clicking on its name does."""
    app.session_state["campaign panel"] = name
    return app.run()


def open_page_as(app, page):
    return app.switch_page(f"../pages/{page}.py").run()
