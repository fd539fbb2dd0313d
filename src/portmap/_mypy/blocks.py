"""What the blocks around a call say about it: for which cluster it is meant, and whether it is meant to fail."""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import Final, TypeAlias, final

from mypy.nodes import (
    Block,
    CallExpr,
    ClassDef,
    Context,
    Decorator,
    Expression,
    ForStmt,
    FuncDef,
    FuncItem,
    IfStmt,
    MatchStmt,
    MypyFile,
    OverloadedFuncDef,
    RefExpr,
    Statement,
    TryStmt,
    TupleExpr,
    Var,
    WhileStmt,
    WithStmt,
)
from mypy.types import CallableType, Instance, ProperType, get_proper_type

from portmap._kubernetes.cluster import Cluster
from portmap._mypy.literals import Makers, Unknown, name_of, value_of, variable_of

__all__ = ["Around", "Blocks", "Meant"]


class Meant(Enum):
    """What a block says of the calls in it, where it names no cluster that is written out."""

    TO_FAIL = auto()
    FOR_SOME_CLUSTER = auto()


Around: TypeAlias = Cluster | Meant

_CLUSTER: Final = "portmap._kubernetes.cluster.Cluster"
_REFUSAL: Final = "portmap._testing.refusal.Refusal"
_REFUSING: Final = frozenset({"portmap._testing.refusal.violates", "pytest.raises", "_pytest.raises.raises"})
_CAUGHT: Final = frozenset({"portmap._kubernetes.errors.PortmapError", "portmap._kubernetes.errors.ValidationError"})

_Stack: TypeAlias = tuple[Expression | TryStmt, ...]


@final
class Blocks:
    """The `with` and `try` statements around the lines of a file, as far as they are in the same function.

    mypy's own visitors are compiled, and cannot be inherited from.
    """

    def __init__(self, tree: MypyFile, makers: Makers) -> None:
        self._makers = makers
        self._lines: dict[int, _Stack] = {}
        self._walk(tree.defs, ())

    def around(self, call: Context) -> Around | None:
        """What the innermost block says that says something; `None` if none does."""
        for each in reversed(self._lines.get(call.line, ())):
            said = _handled(each) if isinstance(each, TryStmt) else self._said(each)
            if said is not None:
                return said
        return None

    def _walk(self, statements: Iterable[Statement], inside: _Stack) -> None:
        for each in statements:
            match each:
                case WithStmt():
                    self._enter(each.body, (*inside, *each.expr))
                case TryStmt():
                    self._enter(each.body, (*inside, each))
                case FuncDef():
                    # Nobody knows where it is called.
                    self._enter(each.body, ())
                case Decorator():
                    self._walk([each.func], ())
                case OverloadedFuncDef():
                    self._walk(each.items, ())
            for block in _blocks_of(each):
                self._walk(block.body, inside)

    def _enter(self, block: Block, inside: _Stack) -> None:
        """What is inside is on all lines of the block, but where something in it says otherwise."""
        if block.body:
            first, last = block.body[0].line, block.body[-1]
            for line in range(first, (last.end_line or last.line) + 1):
                self._lines[line] = inside
        self._walk(block.body, inside)

    def _said(self, manager: Expression) -> Around | None:
        """What a context manager says."""
        if isinstance(manager, CallExpr):
            if name_of(manager.callee) in _REFUSING:
                return Meant.TO_FAIL
            try:
                value = value_of(manager, self._makers)
            except Unknown:
                value = None
            if isinstance(value, Cluster):
                return value
            if name_of(manager.callee) == _CLUSTER:
                return Meant.FOR_SOME_CLUSTER
        kind = _type_of(manager)
        name = kind.type.fullname if isinstance(kind, Instance) else ""
        return {_CLUSTER: Meant.FOR_SOME_CLUSTER, _REFUSAL: Meant.TO_FAIL}.get(name)


def _blocks_of(statement: Statement) -> Iterator[Block]:
    """The blocks of a statement that are no more inside of something than itself."""
    found: Sequence[Block | None]
    match statement:
        case IfStmt():
            found = [*statement.body, statement.else_body]
        case MatchStmt():
            found = statement.bodies
        case ForStmt() | WhileStmt():
            found = [statement.body, statement.else_body]
        case TryStmt():
            found = [*statement.handlers, statement.else_body, statement.finally_body]
        case ClassDef():
            found = [statement.defs]
        case Block():
            found = [statement]
        case _:
            found = ()
    return (each for each in found if each is not None)


def _type_of(expression: Expression) -> ProperType | None:
    """The type of a name, or of what a function gives that has one."""
    named = expression.callee if isinstance(expression, CallExpr) else expression
    node = variable_of(named)
    kind = get_proper_type(node.type) if isinstance(node, Var | FuncItem) else None
    if isinstance(expression, CallExpr):
        return get_proper_type(kind.ret_type) if isinstance(kind, CallableType) else None
    return kind


def _handled(statement: TryStmt) -> Meant | None:
    return Meant.TO_FAIL if any(each in _CAUGHT for kind in statement.types for each in _names(kind)) else None


def _names(kind: Expression | None) -> Iterator[str]:
    for each in kind.items if isinstance(kind, TupleExpr) else (kind,):
        if isinstance(each, RefExpr):
            yield each.fullname
