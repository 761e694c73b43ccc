# When rows are read, which, and by how many: snapshot.mode and its relatives.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('modes');
my $db = 'postgres';

$node->safe_psql($db, 'CREATE TABLE a (id int PRIMARY KEY, v text);
	CREATE TABLE b (id int PRIMARY KEY, v text);
	CREATE TABLE "O d" (id int PRIMARY KEY, v text);
	INSERT INTO a VALUES (1, $$one$$), (2, $$two$$);
	INSERT INTO b SELECT * FROM a; INSERT INTO "O d" SELECT * FROM a');

# Ids of read rows (r) and of later ones (c), in no order.
sub rows_of
{
	my ($topic) = @_;

	return join ' ', sort map { my @w = split; /"id":(\d+)/; "$w[0]$1" }
	  grep { /^[rc] / } read_rows($broker, $topic);
}

sub run_connector
{
	my ($name, $mode, %more) = @_;

	create_connector($node, $db, $name, $broker, 'public\\\\..*',
		'snapshot.mode' => $mode, %more);
	wait_state($node, $db, $name, 'streaming');
	$node->safe_psql($db, "INSERT INTO a VALUES (100, 'new')");
	wait_delivered($node, $db, $name);
	$node->safe_psql($db, 'DELETE FROM a WHERE id = 100');
	wait_delivered($node, $db, $name);
}

# Unsaid it is initial.
$node->safe_psql($db, qq(SELECT wal2kafka.create_connector('unsaid',
	'{"bootstrap.servers": "$broker->{address}"}')));
wait_state($node, $db, 'unsaid', 'streaming');
wait_delivered($node, $db, 'unsaid');
is(rows_of('unsaid.public.a'), 'r1 r2', 'unsaid: existing rows are read');
drop_connector($node, $db, 'unsaid');

foreach my $mode (qw(no_data never))
{
	run_connector($mode, $mode);
	is(rows_of("$mode.public.a"), 'c100', "$mode: only what is new");
	is( $node->safe_psql($db, "SELECT snapshot
			FROM wal2kafka.connector_progress WHERE name = '$mode'"),
		'none', "$mode: no snapshot");
	drop_connector($node, $db, $mode);
}

run_connector('always', 'always');
is(rows_of('always.public.b'), 'r1 r2', 'always: at first');
$node->safe_psql($db, "SELECT wal2kafka.restart_connector('always')");
ok( $node->poll_query_until($db, "SELECT count(*) >= 6
	FROM wal2kafka.connector_snapshot WHERE name = 'always'
	AND state = 'done'"), 'always: read again');
wait_snapshot($node, $db, 'always');
wait_delivered($node, $db, 'always');
is(rows_of('always.public.b'), 'r1 r1 r2 r2', 'always: after a restart, too');
drop_connector($node, $db, 'always');

# Without streaming.
create_connector($node, $db, 'only', $broker, 'public\\\\..*',
	'snapshot.mode' => 'initial_only');
ok( $node->poll_query_until($db, "SELECT snapshot = 'completed'
	FROM wal2kafka.connector_progress WHERE name = 'only'"),
	'initial_only: it is completed');
ok( $node->poll_query_until($db, "SELECT state NOT IN
	('starting', 'snapshot', 'streaming', 'failed', 'retrying')
	FROM wal2kafka.connectors WHERE name = 'only'"),
	'initial_only: then it is over')
  or diag($node->safe_psql($db, 'SELECT state, last_error
		FROM wal2kafka.connectors'));
$node->safe_psql($db, "INSERT INTO a VALUES (100, 'new')");
is(rows_of('only.public.a'), 'r1 r2', 'initial_only: nothing is streamed');
$node->safe_psql($db, 'DELETE FROM a WHERE id = 100');
drop_connector($node, $db, 'only');

# When the slot is lost, the rows are read again instead of a gap.
run_connector('needed', 'when_needed');
is(rows_of('needed.public.b'), 'r1 r2', 'when_needed: at first');
$node->safe_psql($db, "SELECT wal2kafka.stop_connector('needed')");
wait_state($node, $db, 'needed', 'stopped');
$node->safe_psql($db, "SELECT pg_drop_replication_slot(slot_name)
	FROM wal2kafka.connectors WHERE name = 'needed'");
$node->safe_psql($db, "INSERT INTO b VALUES (3, 'would be lost');
	SELECT wal2kafka.resume_connector('needed')");
wait_state($node, $db, 'needed', 'streaming');
wait_delivered($node, $db, 'needed');
is(rows_of('needed.public.b'), 'r1 r1 r2 r2 r3',
	'when_needed: again once the slot is lost');
$node->safe_psql($db, 'DELETE FROM b WHERE id = 3');
drop_connector($node, $db, 'needed');

run_connector('based', 'configuration_based',
	'snapshot.mode.configuration.based.snapshot.data' => 'true',
	'snapshot.mode.configuration.based.start.stream' => 'true');
is(rows_of('based.public.a'), 'c100 r1 r2', 'configuration_based: both');
drop_connector($node, $db, 'based');
run_connector('nodata', 'configuration_based',
	'snapshot.mode.configuration.based.start.stream' => 'true');
is(rows_of('nodata.public.a'), 'c100', 'configuration_based: only the stream');
drop_connector($node, $db, 'nodata');

# Some of the tables only; the others are streamed.
run_connector('some', 'initial',
	'snapshot.include.collection.list' => 'public.[b-z]');
is(rows_of('some.public.a'), 'c100', 'not listed: streamed, not read');
is(rows_of('some.public.b'), 'r1 r2', 'listed: read');
drop_connector($node, $db, 'some');

# Another query in place of the table.
run_connector('query', 'initial',
	'snapshot.select.statement.overrides' => 'public.b',
	'snapshot.select.statement.overrides.public.b' =>
	  'SELECT id, upper(v) AS v FROM public.b WHERE id = 2');
is(rows_of('query.public.b'), 'r2', 'by a query: what it returns');
like((read_topic($broker, 'query.public.b', '%s\n'))[0],
	qr/"after":\{"id":2,"v":"TWO"\}/, 'by a query: its values');
is(rows_of('query.public.a'), 'c100 r1 r2', 'other tables as ever');
drop_connector($node, $db, 'query');

# A query of the owner's rights, and one that fails: in words.
create_connector($node, $db, 'wrong', $broker, 'public\\\\..*',
	'snapshot.mode' => 'initial',
	'snapshot.select.statement.overrides' => 'public.b',
	'snapshot.select.statement.overrides.public.b' =>
	  'SELECT id, v FROM public.nowhere');
ok( $node->poll_query_until($db, "SELECT last_error ~ 'nowhere'
	FROM wal2kafka.connectors WHERE name = 'wrong'"),
	'a query that fails says why');
drop_connector($node, $db, 'wrong');

# Several readers, one of the tables in more than one piece.
$node->safe_psql($db, 'CREATE TABLE big (id int PRIMARY KEY);
	INSERT INTO big SELECT generate_series(1, 60000)');
run_connector('threads', 'initial', 'snapshot.max.threads' => 3);
my %seen;
my @markers;
foreach (read_rows($broker, 'threads.public.big'))
{
	my ($op, $marker, $key) = split;

	$seen{$key}++;
	push @markers, $marker if $marker ne 'true';
}
is(scalar(keys %seen), 60000, 'several readers: every row is there');
is(scalar(grep { $_ != 1 } values %seen), 0, 'several readers: once');
is_deeply([ sort @markers ],
	[ 'first_in_data_collection', 'last' ], 'several readers: markers');
drop_connector($node, $db, 'threads');

$node->stop;
stop_broker($broker);
done_testing();
