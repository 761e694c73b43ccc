# snapshot.new.tables: a table that begins to match, in whatever way, has its
# rows read; one whose rows are all streamed has not.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('new_tables');
my $db = 'postgres';

# What has come of a table: "read keys | inserted keys", each once and sorted.
sub rows_of
{
	my ($topic) = @_;
	my %keys = (r => [], c => []);

	for (read_rows($broker, $topic))
	{
		push @{ $keys{$1} }, $2 if /^(\w) \w+ \{"id":(\d+)\}/ && $keys{$1};
	}
	return join(' | ',
		map { join(' ', sort { $a <=> $b } @{ $keys{$_} }) } qw(r c));
}

# Everything committed is decoded, and what it gave rise to is read.
sub settle
{
	my ($name) = @_;

	wait_delivered($node, $db, $name);
	ok( $node->poll_query_until($db,
			'SELECT count(*) = 0 FROM wal2kafka.connector_signal'),
		'signals are taken up');
	wait_snapshot($node, $db, $name);
	wait_delivered($node, $db, $name);
}

sub count_snapshots
{
	my ($name) = @_;
	return $node->safe_psql($db, "SELECT count(DISTINCT snapshot_id)
		FROM wal2kafka.connector_snapshot WHERE name = '$name'");
}

$node->safe_psql($db, q(
CREATE SCHEMA s; CREATE SCHEMA other; CREATE SCHEMA old_name;
CREATE TABLE s.always (id int PRIMARY KEY);
INSERT INTO s.always VALUES (1);
CREATE TABLE other.moved (id int PRIMARY KEY);
INSERT INTO other.moved VALUES (1), (2);
CREATE TABLE other.a (id int PRIMARY KEY);
INSERT INTO other.a VALUES (1);
CREATE TABLE old_name.b (id int PRIMARY KEY);
INSERT INTO old_name.b VALUES (1);
CREATE UNLOGGED TABLE s.logged (id int PRIMARY KEY);
INSERT INTO s.logged VALUES (1);
CREATE TABLE later (id int PRIMARY KEY);
INSERT INTO later VALUES (1);
CREATE TABLE never (id int PRIMARY KEY);
INSERT INTO never VALUES (1)));
create_connector($node, $db, 'n', $broker, 's[.].*,new_name[.].*',
	'snapshot.new.tables' => 'incremental');
create_connector($node, $db, 'off', $broker, 's[.].*,new_name[.].*');
wait_state($node, $db, $_, 'streaming') for qw(n off);

# Made while we look: streamed, and not read.
$node->safe_psql($db, q(
CREATE TABLE s.made (id int PRIMARY KEY);
INSERT INTO s.made VALUES (1), (2);
CREATE TABLE s.made_as AS SELECT 3 AS id;
BEGIN;
CREATE TABLE s.made_at_once (id int PRIMARY KEY);
INSERT INTO s.made_at_once VALUES (1);
ALTER TABLE s.made_at_once ADD v int;
COMMIT;
ALTER TABLE s.always ADD v int DEFAULT 7;
ANALYZE s.always));
settle('n');
is(rows_of('n.s.made'), ' | 1 2', 'rows of a new table are streamed');
is(rows_of('n.s.made_at_once'), ' | 1', 'also in the same transaction');
is(count_snapshots('n'), 0, 'and nothing is read');

# Moved and renamed.
$node->safe_psql($db, q(
BEGIN;
INSERT INTO other.moved VALUES (3);
ALTER TABLE other.moved SET SCHEMA s;
INSERT INTO s.moved VALUES (4);
COMMIT;
INSERT INTO s.moved VALUES (5)));
settle('n');
like(rows_of('n.s.moved'), qr/^1 2 3.* \| 4 5$/, 'one that is moved is read');
is(rows_of('off.s.moved'), ' | 4 5', 'but not by a connector that is not told to');
$node->safe_psql($db, q(ALTER SCHEMA old_name RENAME TO new_name;
	INSERT INTO new_name.b VALUES (2)));
settle('n');
like(rows_of('n.new_name.b'), qr/^1.* \| 2$/, 'one whose schema is renamed');
$node->safe_psql($db, 'ALTER TABLE s.logged SET LOGGED');
settle('n');
like(rows_of('n.s.logged'), qr/^1 \|/, 'one that was not logged');

# Filled before it has its name.
$node->safe_psql($db, q(
BEGIN;
CREATE TABLE other.filled (id int PRIMARY KEY);
INSERT INTO other.filled VALUES (1), (2);
ALTER TABLE other.filled SET SCHEMA s;
COMMIT));
settle('n');
is(rows_of('n.s.filled'), '1 2 | ', 'one that is filled before it matches');

# Out and in again: read again, since changes may have been missed.
my $count = count_snapshots('n');
$node->safe_psql($db, q(ALTER TABLE s.filled SET SCHEMA other;
	INSERT INTO other.filled VALUES (3);
	ALTER TABLE other.filled SET SCHEMA s));
settle('n');
is(rows_of('n.s.filled'), '1 1 2 2 3 | ', 'out and in');
is(count_snapshots('n'), $count + 1, 'once');
# The name goes on, where it matched before: nothing to be read.
$node->safe_psql($db, 'ALTER TABLE s.filled RENAME TO filled_2');
settle('n');
is(count_snapshots('n'), $count + 1, 'a name that matches as the old one did');

# Other filters.
my $config = sub {
	my ($tables, $more) = @_;

	$more //= '';
	return qq(SELECT wal2kafka.patch_connector('n',
		'{"table.include.list": "$tables" $more}'));
};
$node->safe_psql($db, $config->('s[.].*,new_name[.].*,public[.]later'));
$node->safe_psql($db, 'INSERT INTO later VALUES (2)');
settle('n');
like(rows_of('n.public.later'), qr/^1.* \| 2$/, 'other filters');
is(rows_of('n.s.always'), ' | ', 'what matched before is not read');
is(count_snapshots('n'), $count + 2, 'only that');

# Other filters and a table that is moved, in one transaction: by the old ones
# it would match where it is now, but there it was not.
$node->safe_psql($db, 'CREATE TABLE other.both (id int PRIMARY KEY);
	INSERT INTO other.both VALUES (1)');
$node->safe_psql($db, 'BEGIN; ALTER TABLE other.both SET SCHEMA s; '
	  . $config->('s[.].*,new_name[.].*,public[.](later|x)') . '; COMMIT');
settle('n');
is(rows_of('n.s.both'), '1 | ', 'moved, and other filters');
$count = count_snapshots('n') - 2;

# A restart in any place reads nothing twice.
$node->restart('immediate');
wait_state($node, $db, 'n', 'streaming');
settle('n');
is(count_snapshots('n'), $count + 2, 'nothing is read again after a crash');

# While it is stopped: two changes of the filters, a move, a crash.
$node->safe_psql($db, q(SELECT wal2kafka.stop_connector('n')));
wait_state($node, $db, 'n', 'stopped');
$node->safe_psql($db, $config->('s[.].*,public[.]later,other[.]a',
	', "snapshot.include.collection.list": "s[.].*,other[.].*"'));
$node->safe_psql($db, $config->('s[.].*,public[.]later,other[.]a,public[.]never'));
$node->safe_psql($db, q(ALTER TABLE other.a RENAME TO c;
	ALTER TABLE other.c RENAME TO a));
$node->restart('immediate');
$node->safe_psql($db, q(SELECT wal2kafka.resume_connector('n')));
wait_state($node, $db, 'n', 'streaming');
settle('n');
is(rows_of('n.other.a') =~ s/ \| //r =~ s/^(1)( 1)?$/$1/r, 1,
	'filters that were changed while it was stopped');
is(rows_of('n.public.never'), ' | ',
	'snapshot.include.collection.list holds for these, too');

# A signal that is written down, but not taken up: a table is locked, by one
# who stands in line when it moves and finds it by its parent.
my $mover = open_session($node, $db, 'CREATE TABLE other.parent (id int);
	CREATE TABLE other.held (PRIMARY KEY (id)) INHERITS (other.parent);
	INSERT INTO other.held VALUES (1);
	BEGIN; ALTER TABLE other.held SET SCHEMA s');
my $session = begin_session($node, $db, 'BEGIN; LOCK TABLE other.parent');
ok( $node->poll_query_until($db,
		"SELECT count(*) > 0 FROM pg_locks WHERE NOT granted
		AND relation = 'other.held'::regclass AND mode = 'AccessExclusiveLock'"),
	'somebody waits for the table');
$mover->{in} .= "COMMIT;\n";
close_session($mover);
ok( $node->poll_query_until($db,
		"SELECT signal_id LIKE 'initial-new-%' FROM wal2kafka.connector_signal"),
	'a signal waits for a table that is locked');
$node->restart('immediate');
$node->safe_psql($db, 'ALTER TABLE s.held RENAME TO held_2');
wait_state($node, $db, 'n', 'streaming');
settle('n');
is(join('', sort map { rows_of("n.s.$_") } qw(held held_2)), ' | 1 | ',
	'it is read once, by whatever name it has');
drop_connector($node, $db, $_) for qw(n off);

# An owner who may read it now, a publication that has it now, and partitions.
$node->safe_psql($db, q(
CREATE ROLE keeper LOGIN;
CREATE ROLE readers;
GRANT wal2kafka_admin TO keeper;
CREATE SCHEMA p; GRANT USAGE ON SCHEMA p TO keeper;
CREATE TABLE p.granted (id int PRIMARY KEY); INSERT INTO p.granted VALUES (1);
CREATE TABLE p.by_role (id int PRIMARY KEY); INSERT INTO p.by_role VALUES (1);
GRANT SELECT ON p.by_role TO readers;
CREATE TABLE p.root (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE p.root_1 PARTITION OF p.root FOR VALUES FROM (0) TO (10);
INSERT INTO p.root VALUES (1);
CREATE TABLE p.root_2 (id int PRIMARY KEY); INSERT INTO p.root_2 VALUES (11);
CREATE PUBLICATION pub FOR TABLE p.granted, p.by_role
	WITH (publish_via_partition_root = true);
SET ROLE keeper));
$node->safe_psql($db, qq(SET ROLE keeper; SELECT wal2kafka.create_connector('k',
	'{"bootstrap.servers": "$broker->{address}", "snapshot.mode": "no_data",
	"schema.include.list": "p", "publication.name": "pub",
	"snapshot.new.tables": "incremental"}')));
wait_state($node, $db, 'k', 'streaming');
$node->safe_psql($db, 'GRANT SELECT ON p.granted TO keeper');
settle('k');
is(rows_of('k.p.granted'), '1 | ', 'the owner may read it now');
$node->safe_psql($db, 'GRANT readers TO keeper');
settle('k');
is(rows_of('k.p.by_role'), '1 | ', 'the same by a role');
$node->safe_psql($db, q(GRANT SELECT ON p.root, p.root_1, p.root_2 TO keeper;
	ALTER PUBLICATION pub ADD TABLE p.root));
settle('k');
is(rows_of('k.p.root'), '1 | ', 'a partitioned table is published now');
$node->safe_psql($db,
	'ALTER TABLE p.root ATTACH PARTITION p.root_2 FOR VALUES FROM (10) TO (20)');
settle('k');
is(rows_of('k.p.root'), '1 11 | ', 'a partition is attached');
drop_connector($node, $db, 'k');

$node->stop('fast');
stop_broker($broker);
done_testing();
