"""The permission matrix: what each role may do with each kind of record, and how far it reaches. The table is the rule.

Cells read "reach verbs". Reach: G all departments, T own department and below, D own department, S own rows.
Verbs: r read, c create, u change, x cancel or void, a approve or decide, e sign, p export or print.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

ROLES = MappingProxyType(
    {
        "ADM": "Platform admin",
        "EXE": "Executive",
        "OPM": "Operations manager",
        "DPM": "Department manager",
        "SUP": "Supervisor",
        "OPR": "Operator",
        "QAI": "QA inspector",
        "BUY": "Buyer",
        "AUD": "Auditor",
        "TOK": "Integration token",
    }
)
# Weakest to strongest reach, so that cells can be compared.
REACHES = "SDTG"
VERBS = MappingProxyType(
    {
        "r": "read",
        "c": "create",
        "u": "change",
        "x": "cancel",
        "a": "approve",
        "e": "sign",
        "p": "export",
    }
)

_TABLE = """
department          | G rcux | G r     | G rcu    | T r     | T r    | D r    | G r      | G r     | G r   | G r
site                | G rcux | G r     | G rcu    | T r     | T r    | D r    | T r      | G r     | G r   | G r
user                | G rcux | -       | T r      | T r     | -      | S r    | -        | -       | G r   | -
settings            | G rcux | -       | -        | -       | -      | -      | -        | -       | G r   | -
document            | -      | G r     | G rcuape | T rcuae | T rcu  | T r    | G rcuae  | G r     | G rp  | T r
process             | G r    | G r     | G rcuxa  | T rcu   | T r    | -      | T r      | T r     | G r   | G r
task                | -      | G r     | G rcuxa  | T rcuxa | T rcuxa| S ruc  | S ruc    | S ruc   | G r   | T rcu
approval            | -      | G ra    | G rcuxap | T rcuxa | T rcuxa| S rcx  | S rcxa   | S rcxa  | G r   | T rc
rule                | G r    | -       | G rcuxa  | T rcu   | -      | -      | -        | -       | G r   | -
kpi                 | -      | G ra    | G rcuxap | T rcu   | T r    | D r    | T r      | T r     | G rp  | G r
kpi_value           | -      | G rp    | G rcup   | T rcup  | T rcu  | S rc   | T rc     | T r     | G rp  | T rc
improvement         | -      | G ra    | G rcuxap | T rcuxa | T rcu  | S rc   | T rcu    | T rc    | G rp  | T r
budget_plan         | -      | G rap   | G rcuap  | T rcup  | -      | -      | -        | -       | G rp  | T r
budget_ledger       | -      | G rp    | G rcxp   | T rcp   | T r    | -      | -        | T r     | G rp  | T rc
forecast            | -      | G rp    | G rcuxap | T rcuap | T rcu  | S r    | -        | T r     | G rp  | T r
item                | -      | G r     | G rcua   | T rc    | T r    | T r    | T r      | G rcu   | G r   | G rcu
stock_move          | -      | G r     | G rcx    | T rcx   | T rcx  | D rc   | T rc     | T rc    | G rp  | T rc
stock_count         | -      | G r     | G rcxa   | T rcxa  | T rc   | D rc   | -        | -       | G rp  | T r
requisition         | -      | G ra    | G rcuxa  | T rcuxa | T rcu  | D rc   | T rc     | G rux   | G rp  | T rc
purchase_order      | -      | G ra    | G rcuxa  | T ra    | T r    | -      | T r      | G rcux  | G rp  | T r
supplier            | -      | G r     | G rcua   | T r     | -      | -      | T r      | G rcu   | G r   | G r
staff_file          | G r    | -       | T r      | T ru    | D r    | S r    | -        | -       | G r   | -
shift               | -      | G r     | G rcuxa  | T rcuxa | T rcux | S rc   | S r      | S r     | G rp  | T rc
training            | -      | G r     | G rcuxp  | T rcux  | T rc   | S re   | T r      | S r     | G rp  | T rc
review              | -      | -       | T ra     | T rcue  | T rcue | S re   | -        | -       | G r   | -
qa_plan             | -      | G r     | G ra     | T ra    | T r    | D r    | G rcue   | -       | G rp  | T r
inspection          | -      | G rp    | G rp     | T rp    | T rc   | S rc   | G rcuxep | -       | G rp  | T rc
nonconformance      | -      | G rp    | G rcuxae | T rcuxae| T rcu  | S rc   | G rcuxae | T rcu   | G rp  | T rc
risk                | -      | G rap   | G rcuxap | T rcua  | T rc   | S c    | T rc     | T rc    | G rp  | T r
incident            | -      | G r     | G rcuxap | T rcua  | T rcu  | S rc   | T rc     | -       | G rp  | T c
obligation          | -      | G rp    | G rcuxap | T rcu   | T rc   | S c    | G rcua   | -       | G rp  | T rc
report              | -      | G rcp   | G rcuxp  | T rcup  | T rp   | S r    | T rp     | T rp    | G rp  | T r
announcement        | G rc   | G rc    | G rcx    | T rcx   | T rcx  | D rc   | T rc     | T rc    | G r   | T rc
audit               | G r    | -       | T r      | T r     | -      | S r    | T r      | -       | G rp  | -
token               | G rcux | S rcx   | S rcux   | S rcx   | -      | -      | -        | -       | G r   | -
import              | -      | -       | G rca    | T rc    | -      | -      | T rc     | G rc    | G r   | T c
backup              | G rc   | -       | -        | -       | -      | -      | -        | -       | G r   | -
"""


@dataclass(frozen=True)
class Cell:
    """What one role may do with one kind of record."""

    reach: str = ""
    verbs: str = ""

    def __bool__(self) -> bool:
        return bool(self.verbs)


def _read(table: str) -> dict[str, dict[str, Cell]]:
    rows: dict[str, dict[str, Cell]] = {}
    for line in table.strip().splitlines():
        name, *cells = (part.strip() for part in line.split("|"))
        parsed = [Cell() if cell == "-" else Cell(*cell.split()) for cell in cells]
        rows[name] = dict(zip(ROLES, parsed, strict=True))
    return rows


MATRIX = MappingProxyType(_read(_TABLE))


def cell(row: str, role: str) -> Cell:
    """Deny by default: an unknown row or role may do nothing."""
    return MATRIX.get(row, {}).get(role, Cell())


def roles_with(row: str, verb: str) -> list[str]:
    """Names of the roles that hold this verb, for 'ask one of these' messages."""
    return [ROLES[role] for role, found in MATRIX.get(row, {}).items() if verb in found.verbs and role != "TOK"]
