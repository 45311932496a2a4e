"""axe-core, which finds faults in the accessibility of a page: https://github.com/dequelabs/axe-core

It is one of the packages in `.ci/js`.
"""

from __future__ import annotations

from functools import cache

from tests.support.left_out import leave_out
from tests.support.project import PROJECT
from tests.web.browser_page import BrowserPage

_AXE = PROJECT / ".ci" / "js" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """
for (const it of document.getAnimations()) if (it.effect.getTiming().iterations !== Infinity) it.finish();
const options = {preload: false, resultTypes: ["violations"], ...arguments[1]};
const line = ({id, help}, {html, any}) =>
  `${id}: ${help}: ${html.slice(0, 200)} (${any.map(({message}) => message).join("; ")})`;
return axe.run(arguments[0], options).then(({violations}) =>
  violations.flatMap((rule) => rule.nodes.map((node) => line(rule, node))));
"""


@cache
def _code() -> str:
    if not _AXE.exists():
        leave_out("no axe-core on this machine (.ci/lint-js installs it)")
    return _AXE.read_text()


def violations(page: BrowserPage, *rules: str, within: str = "html") -> list[str]:
    """Return the violations of all rules, or of these: the rule, the element and what is wrong with it.

    Args:
        within: a selector.
    """
    if not page.script("return Boolean(window.axe)"):
        page.script(_code())
    found: list[str] = page.script(_RUN, within, {"runOnly": list(rules)} if rules else {})
    return found
