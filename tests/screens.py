"""Pages in a real browser: how they are opened, on which screens they are looked at."""

SCREENS = [
    ({"width": 1280, "height": 900}, "light"),
    ({"width": 1280, "height": 900}, "dark"),
    ({"width": 390, "height": 844}, "light"),
    ({"width": 390, "height": 844}, "dark"),
]
TWICE = """() => { const seen = new Set(); return [...document.querySelectorAll('[id]')]
    .map(part => part.id).filter(id => seen.has(id) || !seen.add(id)) }"""


def opened(browser, path, **settings):
    """Open a page offline and note what it asks for and complains of."""
    context = browser.new_context(offline=True, **settings)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.asked, page.wrong = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.wrong.append(message.text))
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.goto(path.as_uri())
    return page
