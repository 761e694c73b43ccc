"""Random tables, changes of their rows and changes of the tables themselves,
all from one random.Random: the same seed makes the same SQL.
"""
import dataclasses

import kinds

SCHEMAS = ("r1", "r2", "Odd.Schema")
_ODD_TABLES = ("Tab le.%d", "täble-%d", "%ddigit", "quo\"te'd%d", "UPPER%d",
               "select%d", "dollar$%d", "back\\slash%d", "emoji😀%d")
_ODD_COLUMNS = ("c %d", "c.dot%d", "c\"q%d", "cümlaut%d", "%dc", "c-%d",
                "C%d", "c\\%d", "c$%d", "c😀%d")


def ident(name):
    return '"%s"' % name.replace('"', '""')


class Column:
    def __init__(self, name, kind, not_null):
        self.name = name
        self.kind = kind
        self.not_null = not_null
        self.is_generated = False

    def value(self, rng):
        if not self.not_null and rng.random() < 0.12:
            return "NULL"
        return self.kind.make(rng)


class Table:
    """What the generator remembers of a table."""

    def __init__(self, schema, name):
        self.schema = schema
        self.name = name
        self.columns = []
        self.key = []           # names of the primary key's columns
        self.ddl = []
        self.can_update = True
        self.leaves = ()

    @property
    def sql(self):
        return ident(self.schema) + "." + ident(self.name)

    def column(self, name):
        return next(c for c in self.columns if c.name == name)

    def writable(self):
        return [c for c in self.columns if not c.is_generated]


class Generator:
    """Makes SQL; whoever runs it says what failed."""

    def __init__(self, rng, more_kinds=(), nullable=()):
        self.rng = rng
        self.kinds = kinds.all_kinds()
        self.kinds.update((kind.name, kind) for kind in more_kinds)
        self.kinds = {name: self.with_nulls(kind, nullable)
                      for name, kind in self.kinds.items()}
        self.tables = []
        self.number = 0
        # (schema, table) -> column -> every kind it ever had
        self.seen = {}

    @staticmethod
    def with_nulls(kind, nullable):
        """The kind itself; one of nullable is never NOT NULL, nor becomes
        another kind one of them that is."""
        if kind.name in nullable:
            return dataclasses.replace(kind, not_null=False, key=False)
        return dataclasses.replace(kind, becomes=tuple(
            name for name in kind.becomes if name not in nullable))

    def fresh(self):
        self.number += 1
        return self.number

    def note(self, table):
        for name in (table.name,) + tuple(table.leaves):
            columns = self.seen.setdefault((table.schema, name), {})
            for column in table.columns:
                columns.setdefault(column.name, []).append(column.kind)

    def kind_of_key(self):
        return self.kinds[self.rng.choice(
            ["int4"] * 4 + [k.name for k in self.kinds.values() if k.key])]

    def new_column(self, kind=None, not_null=None):
        rng = self.rng
        odd = rng.choice(_ODD_COLUMNS) if rng.random() < 0.08 else "c%d"
        kind = kind or rng.choice(list(self.kinds.values()))
        if not_null is None:
            not_null = kind.not_null and rng.random() < 0.3
        return Column(odd % self.fresh(), kind, not_null)

    def declare(self, column, with_default=None):
        rng = self.rng
        text = "%s %s" % (ident(column.name), column.kind.decl)
        if column.not_null:
            text += " NOT NULL"
        if with_default is None:
            with_default = rng.random() < 0.25
        if with_default and column.kind.default:
            text += " DEFAULT " + column.kind.default
        return text

    # Tables

    def create_table(self):
        rng = self.rng
        odd = rng.choice(_ODD_TABLES) if rng.random() < 0.15 \
            else "t" + rng.choice("abcd") + "%d"
        table = Table(rng.choice(SCHEMAS[:2] * 3 + SCHEMAS[2:]),
                      odd % self.fresh())
        shape = rng.random()
        keys = 0 if shape < 0.15 else 1 if shape < 0.75 else rng.randint(2, 3)
        columns = [self.new_column(self.kind_of_key(), True)
                   for _ in range(keys)]
        columns += [self.new_column() for _ in range(rng.randint(1, 9))]
        table.key = [c.name for c in columns[:keys]]
        rng.shuffle(table.key)
        rng.shuffle(columns)
        parts = [self.declare(c, False if c.name in table.key else None)
                 for c in columns]
        table.columns = columns
        is_partitioned = keys and rng.random() < 0.06
        if rng.random() < 0.06 and not is_partitioned:
            kind = dataclasses.replace(self.kinds["bool"],
                                       differs={"generated"})
            made = Column("g%d" % self.fresh(), kind, False)
            made.is_generated = True
            parts.append("%s bool GENERATED ALWAYS AS (%s IS NULL) STORED"
                         % (ident(made.name), ident(columns[0].name)))
            table.columns.append(made)
        if keys:
            parts.append("PRIMARY KEY (%s)"
                         % ", ".join(map(ident, table.key)))
        ddl = ["CREATE TABLE %s (%s)" % (table.sql, ", ".join(parts))]
        if is_partitioned:
            ddl[0] += " PARTITION BY HASH (%s)" % ident(table.key[0])
            table.leaves = [table.name + "_p%d" % i for i in range(2)]
            ddl += ["CREATE TABLE %s.%s PARTITION OF %s FOR VALUES WITH "
                    "(MODULUS 2, REMAINDER %d)"
                    % (ident(table.schema), ident(leaf), table.sql, i)
                    for i, leaf in enumerate(table.leaves)]
        ddl += self.identity(table, at_birth=True)
        table.ddl += ddl
        self.tables.append(table)
        self.note(table)
        return table, ddl

    def identity(self, table, at_birth=False):
        """REPLICA IDENTITY, as a list of statements."""
        rng = self.rng
        if table.leaves:
            return []
        pick = rng.random()
        if table.key and (pick < 0.6 if at_birth else pick < 0.3):
            table.can_update = True
            return [] if at_birth else [
                "ALTER TABLE %s REPLICA IDENTITY DEFAULT" % table.sql]
        unique = [c for c in table.columns if c.not_null and c.kind.key
                  and not c.is_generated]
        if unique and pick < 0.75 and (table.key or rng.random() < 0.5):
            index = "i%d" % self.fresh()
            chosen = rng.sample(unique, rng.randint(1, min(2, len(unique))))
            table.can_update = True
            return ["CREATE UNIQUE INDEX %s ON %s (%s)" % (
                index, table.sql, ", ".join(ident(c.name) for c in chosen)),
                "ALTER TABLE %s REPLICA IDENTITY USING INDEX %s"
                % (table.sql, index)]
        if pick < 0.95 or not at_birth:
            table.can_update = True
            return ["ALTER TABLE %s REPLICA IDENTITY FULL" % table.sql]
        # Only insertions from here on: the server refuses the others.
        table.can_update = False
        return ["ALTER TABLE %s REPLICA IDENTITY NOTHING" % table.sql]

    # Rows

    def change(self, table):
        """(SQL, at most how many rows) of one statement."""
        rng = self.rng
        pick = rng.random()
        if pick < 0.45 or not table.can_update:
            return self.insert(table)
        if pick < 0.8:
            return self.update(table)
        if pick < 0.985:
            return "DELETE FROM %s WHERE %s" % (
                table.sql, self.some_rows(table, 2)), 2
        return "TRUNCATE %s" % table.sql, 1

    def insert(self, table):
        rng = self.rng
        columns = [c for c in table.writable()
                   if c.not_null or rng.random() < 0.9]
        if not columns:
            return "INSERT INTO %s DEFAULT VALUES" % table.sql, 1
        count = rng.choice((1, 1, 2, 4))
        rows = ["(%s)" % ", ".join(c.value(rng) for c in columns)
                for _ in range(count)]
        return "INSERT INTO %s (%s) VALUES %s%s" % (
            table.sql, ", ".join(ident(c.name) for c in columns),
            ", ".join(rows),
            " ON CONFLICT DO NOTHING" if rng.random() < 0.3 else ""), count

    def update(self, table):
        rng = self.rng
        writable = table.writable()
        if rng.random() < 0.08:         # to itself
            sets, most = [(c, ident(c.name)) for c in writable[:1]], 3
        elif table.key and rng.random() < 0.3:
            keys = [table.column(rng.choice(table.key))]
            keys += [c for c in rng.sample(writable, 1) if c not in keys]
            sets, most = [(c, c.value(rng)) for c in keys], 1
        else:
            chosen = [c for c in rng.sample(
                writable, rng.randint(1, min(3, len(writable))))
                if c.name not in table.key] or writable[:1]
            sets, most = [(c, c.value(rng)) for c in chosen], rng.choice(
                (1, 1, 3))
        return "UPDATE %s SET %s WHERE %s" % (
            table.sql, ", ".join("%s = %s" % (ident(c.name), value)
                                 for c, value in sets),
            self.some_rows(table, most)), most

    def some_rows(self, table, most):
        return ("(tableoid, ctid) IN (SELECT tableoid, ctid FROM %s ORDER BY "
                "ctid OFFSET (SELECT count(*) * %.2f FROM %s)::int LIMIT %d)"
                % (table.sql, self.rng.random(), table.sql, most))

    # Tables that change

    def alter(self, table):
        """One change of a table as (statements, what to do once it is made);
        None where the pick does not fit."""
        return self.rng.choice((
            self.add_column, self.add_column, self.drop_column,
            self.rename_column, self.rename_table, self.change_type,
            self.change_identity, self.change_null, self.change_default,
            self.change_key))(table)

    def add_column(self, table):
        rng = self.rng
        # Behind a generated column Debezium, once it has looked at the table
        # again, takes each value for the next column's.
        if any(c.is_generated for c in table.columns):
            return None
        column = self.new_column()
        with_default = rng.random() < 0.5
        if column.not_null and not (with_default and column.kind.default):
            column.not_null = False
        sql = "ALTER TABLE %s ADD COLUMN %s" % (
            table.sql, self.declare(column, with_default))
        return [sql], lambda: table.columns.append(column)

    def plain(self, table):
        """Columns that are not part of the key and stay as they are told."""
        return [c for c in table.writable() if c.name not in table.key]

    def drop_column(self, table):
        if len(self.plain(table)) < 2:
            return None
        column = self.rng.choice(self.plain(table))
        return ["ALTER TABLE %s DROP COLUMN %s"
                % (table.sql, ident(column.name))], \
            lambda: table.columns.remove(column)

    def rename_column(self, table):
        column = self.rng.choice(table.columns)
        name = "n%d" % self.fresh()
        old = column.name

        def done():
            table.key = [name if k == old else k for k in table.key]
            column.name = name
        return ["ALTER TABLE %s RENAME COLUMN %s TO %s"
                % (table.sql, ident(old), name)], done

    def rename_table(self, table):
        if table.leaves:
            return None
        # It begins as before, so that every list goes on to have it or not:
        # Debezium never learns of a name that it does not capture, and goes
        # on under the old one.
        name = "%s.x%d" % (table.name[:12], self.fresh())

        def done():
            table.name = name
        return ["ALTER TABLE %s RENAME TO %s" % (table.sql, ident(name))], done

    def change_type(self, table):
        able = [c for c in self.plain(table) if c.kind.becomes]
        if not able:
            return None
        column = self.rng.choice(able)
        kind = self.kinds[self.rng.choice(column.kind.becomes)]

        def done():
            column.kind = kind
        name = ident(column.name)
        return ["ALTER TABLE %s ALTER %s DROP DEFAULT" % (table.sql, name),
                "ALTER TABLE %s ALTER %s TYPE %s USING %s::%s"
                % (table.sql, name, kind.decl, name, kind.decl)], done

    def change_identity(self, table):
        statements = self.identity(table)
        return (statements, lambda: None) if statements else None

    def change_null(self, table):
        able = self.plain(table)
        if not able:
            return None
        column = self.rng.choice(able)
        is_set = not column.not_null
        if is_set and not column.kind.not_null:
            return None

        def done():
            column.not_null = is_set
        return ["ALTER TABLE %s ALTER %s %s NOT NULL" % (
            table.sql, ident(column.name), "SET" if is_set else "DROP")], done

    def change_default(self, table):
        able = [c for c in self.plain(table) if c.kind.default]
        if not able:
            return None
        column = self.rng.choice(able)
        what = "DROP DEFAULT" if self.rng.random() < 0.4 \
            else "SET DEFAULT " + column.kind.default
        return ["ALTER TABLE %s ALTER %s %s"
                % (table.sql, ident(column.name), what)], lambda: None

    def change_key(self, table):
        if table.leaves or not table.key or not table.can_update:
            return None
        able = [c for c in table.columns if c.kind.key and c.not_null
                and not c.is_generated]
        chosen = self.rng.sample(able, self.rng.randint(
            1, min(2, len(able))))

        def done():
            table.key = [c.name for c in chosen]
        return ["DO $$ DECLARE n text; BEGIN SELECT conname INTO STRICT n "
                "FROM pg_constraint WHERE conrelid = %s::regclass AND "
                "contype = 'p'; EXECUTE format('ALTER TABLE %%s DROP "
                "CONSTRAINT %%I, ADD PRIMARY KEY (%s)', %s::regclass, n); "
                "END $$" % (kinds.lit(table.sql), ", ".join(
                    ident(c.name).replace("'", "''").replace("%", "%%")
                    for c in chosen), kinds.lit(table.sql)),
                ], done
