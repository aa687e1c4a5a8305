"""``proofbox policy``: list, show, lint, test and compare policies."""

from __future__ import annotations

import json

import rich_click as click

from proofbox.runners.commands import crosswalk, policy_tools
from proofbox.runners.commands.completing import complete_policies
from proofbox.runners.commands.options import annotations_option, json_option, lang_option


@click.group("policy")
def command() -> None:
    """List, show, lint, test and compare policies."""


for tool in (policy_tools.diff, policy_tools.test, policy_tools.coverage, policy_tools.whatif, crosswalk.crosswalk):
    command.add_command(tool)


@command.command("list")
@json_option
def list_policies(**given: object) -> None:
    """List the shipped policies, and those of plug-ins."""
    from proofbox.policies.loader import by_others, load_policy, shipped

    rows, titles = [], {}
    for name in (*shipped(), *by_others()):
        policy = load_policy(name).policy
        titles[policy.id] = policy.title.words()
        rows.append(
            {
                "id": policy.id,
                "version": policy.version,
                "title": policy.title.words(),
                "controls": len(policy.controls),
                "checked_on": str(policy.checked_on),
                "expires_on": str(policy.expires_on),
            }
        )
    if given["json"]:
        print(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        print(f"{row['id']} {row['version']}  ({row['controls']} controls, checked on {row['checked_on']})")
        for text in titles[str(row["id"])].values():
            print(f"    {text}")


@command.command("show")
@click.argument("policy", metavar="P", shell_complete=complete_policies)
@lang_option
@json_option
def show(policy: str, **given: object) -> None:
    """Show a policy: its controls, requirements, criteria and where each threshold comes from."""
    from proofbox.policies.loader import load_policy

    loaded = load_policy(policy)
    if given["json"]:
        document = loaded.policy.model_dump(mode="json", by_alias=True, exclude_none=True)
        print(json.dumps({**document, "digest": loaded.digest}, ensure_ascii=False))
        return
    from proofbox.runners.policy_tools.view import policy_lines

    for line in policy_lines(loaded, str(given["lang"])):
        print(line)


@command.command("lint")
@click.argument("policies", metavar="P...", nargs=-1, required=True, shell_complete=complete_policies)
@annotations_option
@json_option
def lint(policies: tuple[str, ...], annotations: str | None, **given: object) -> None:
    """Check policy files; every mistake is told with file, line and column.

    Lines that begin with 'advice' name what an author should look at, such as a clause that the list of its framework
    does not have; they do not change the exit code.
    """
    from proofbox.policies.advice import advice
    from proofbox.policies.loader import lint as lint_policy
    from proofbox.policies.loader import policy_path
    from proofbox.runners.policy_tools.linting import listed, tell

    problems = [(policy_path(policy), problem) for policy in policies for problem in lint_policy(policy)]
    advised = [(policy_path(policy), found) for policy in policies for found in advice(policy_path(policy))]
    if given["json"]:
        print(json.dumps({"problems": listed(problems), "advice": listed(advised)}, ensure_ascii=False))
    else:
        tell(problems, annotations or "")
        for _path, found in advised:
            click.echo(f"advice: {found}", err=True)
    if problems:
        raise SystemExit(2)
    if not given["json"]:
        click.echo(f"{len(policies)} {'policies' if len(policies) > 1 else 'policy'} without a mistake")
