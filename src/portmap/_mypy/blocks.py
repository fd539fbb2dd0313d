"""The blocks around a call: the cluster that they set, and whether they expect an error."""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import Final, TypeAlias, final

from mypy.nodes import (
    Block,
    CallExpr,
    ClassDef,
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


class Expected(Enum):
    """What a block expects of the calls in it, if it does not set a literal cluster."""

    AN_ERROR = auto()
    ANY_CLUSTER = auto()


Context: TypeAlias = Cluster | Expected

_CLUSTER: Final = "portmap._kubernetes.cluster.Cluster"
_REFUSAL: Final = "portmap._testing.refusal.Refusal"
_REFUSING: Final = frozenset({"portmap._testing.refusal.violates", "pytest.raises", "_pytest.raises.raises"})
_CAUGHT: Final = frozenset({"portmap._kubernetes.errors.PortmapError", "portmap._kubernetes.errors.ValidationError"})

_Stack: TypeAlias = tuple[Expression | TryStmt, ...]


@final
class Blocks:
    """The `with` and `try` statements around each line of a file, within the same function.

    mypy's visitors are compiled, and cannot be subclassed.
    """

    def __init__(self, tree: MypyFile, makers: Makers) -> None:
        self._makers = makers
        self._lines: dict[int, _Stack] = {}
        self._walk(tree.defs, ())

    def context_of(self, call: CallExpr) -> Context | None:
        """Return what the innermost block expects that expects anything."""
        for each in reversed(self._lines.get(call.line, ())):
            context = _context_of_try(each) if isinstance(each, TryStmt) else self._context_of_with(each)
            if context is not None:
                return context
        return None

    def _walk(self, statements: Iterable[Statement], inside: _Stack) -> None:
        for each in statements:
            match each:
                case WithStmt():
                    self._enter(each.body, (*inside, *each.expr))
                case TryStmt():
                    self._enter(each.body, (*inside, each))
                case FuncDef():
                    # Callers of the function are unknown.
                    self._enter(each.body, ())
                case Decorator():
                    self._walk([each.func], ())
                case OverloadedFuncDef():
                    self._walk(each.items, ())
            for block in _blocks_of(each):
                self._walk(block.body, inside)

    def _enter(self, block: Block, inside: _Stack) -> None:
        """Set the statements around all lines of a block; nested blocks override them."""
        if block.body:
            first, last = block.body[0].line, block.body[-1]
            for line in range(first, (last.end_line or last.line) + 1):
                self._lines[line] = inside
        self._walk(block.body, inside)

    def _context_of_with(self, manager: Expression) -> Context | None:
        """Return what a context manager expects."""
        if isinstance(manager, CallExpr):
            if name_of(manager.callee) in _REFUSING:
                return Expected.AN_ERROR
            try:
                value = value_of(manager, self._makers)
            except Unknown:
                value = None
            if isinstance(value, Cluster):
                return value
            if name_of(manager.callee) == _CLUSTER:
                return Expected.ANY_CLUSTER
        kind = _type_of(manager)
        name = kind.type.fullname if isinstance(kind, Instance) else ""
        return {_CLUSTER: Expected.ANY_CLUSTER, _REFUSAL: Expected.AN_ERROR}.get(name)


def _blocks_of(statement: Statement) -> Iterator[Block]:
    """Yield the blocks of a statement that run under the same statements as itself."""
    blocks: Sequence[Block | None]
    match statement:
        case IfStmt():
            blocks = [*statement.body, statement.else_body]
        case MatchStmt():
            blocks = statement.bodies
        case ForStmt() | WhileStmt():
            blocks = [statement.body, statement.else_body]
        case TryStmt():
            blocks = [*statement.handlers, statement.else_body, statement.finally_body]
        case ClassDef():
            blocks = [statement.defs]
        case Block():
            blocks = [statement]
        case _:
            blocks = ()
    return (each for each in blocks if each is not None)


def _type_of(expression: Expression) -> ProperType | None:
    """Return the type of a name, or the return type of a function."""
    named = expression.callee if isinstance(expression, CallExpr) else expression
    node = variable_of(named)
    kind = get_proper_type(node.type) if isinstance(node, Var | FuncItem) else None
    if isinstance(expression, CallExpr):
        return get_proper_type(kind.ret_type) if isinstance(kind, CallableType) else None
    return kind


def _context_of_try(statement: TryStmt) -> Expected | None:
    catches = any(each in _CAUGHT for kind in statement.types for each in _names(kind))
    return Expected.AN_ERROR if catches else None


def _names(kind: Expression | None) -> Iterator[str]:
    for each in kind.items if isinstance(kind, TupleExpr) else (kind,):
        if isinstance(each, RefExpr):
            yield each.fullname
