# Rows that a SELECT gives instead of a table: those that cannot be encoded, and
# keys that it leaves out.  And a snapshot for which no process is free.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('select', conf => "allow_system_table_mods = on\n");
my $db = 'postgres';

$node->safe_psql($db, q(CREATE TYPE e AS ENUM ('good', 'gone');
	CREATE TABLE a (id int PRIMARY KEY, v e);
	INSERT INTO a SELECT i, CASE WHEN i % 100 = 0 THEN 'gone' ELSE 'good' END::e
		FROM generate_series(1, 3000) i;
	CREATE TABLE keyed (id int PRIMARY KEY, v int);
	INSERT INTO keyed VALUES (1, 1);
	DELETE FROM pg_enum WHERE enumlabel = 'gone'));

sub keys_of
{
	my ($topic) = @_;
	my %keys = map { $_ => 1 } read_topic($broker, $topic);
	return scalar(keys %keys);
}

# By an override, under the initial snapshot.
my %select = ('snapshot.mode' => 'initial',
	'snapshot.select.statement.overrides' => 'public.a',
	'snapshot.select.statement.overrides.public.a' =>
	  'SELECT * FROM public.a WHERE id > 1000');
create_connector($node, $db, 'fail', $broker, 'public.a', %select);
ok( $node->poll_query_until($db, "SELECT last_error LIKE '%invalid internal value for enum%'
	FROM wal2kafka.connectors"), 'fail: a row that cannot be encoded');
drop_connector($node, $db, 'fail');
for my $mode (qw(skip warn))
{
	create_connector($node, $db, $mode, $broker, 'public.a', %select,
		'event.processing.failure.handling.mode' => $mode);
	wait_state($node, $db, $mode, 'streaming');
	wait_delivered($node, $db, $mode);
	is(keys_of("$mode.public.a"), 1980, "$mode: the others are read");
	is( $node->safe_psql($db, "SELECT skipped_records FROM wal2kafka.stat_connector
			WHERE name = '$mode'"), 20, "$mode: those that are not are counted");
}
my $log = slurp_file($node->logfile);
is(scalar(my @warnings = $log =~ /WARNING:  skipped a row of the relation with OID \d+/g),
	20, 'and said');

# The same beside the stream.
$node->safe_psql($db, q(SELECT wal2kafka.signal('skip', 'execute-snapshot',
	'{"data-collections": ["public.a"], "type": "blocking", "additional-conditions":
	[{"data-collection": "public.a", "filter": "SELECT * FROM public.a WHERE id <= 1000"}]}', 's')));
ok( $node->poll_query_until($db, "SELECT state = 'done' AND rows_read = 990
	FROM wal2kafka.stat_snapshot WHERE signal_id = 's'"), 'in a blocking snapshot')
  or diag($node->safe_psql($db, 'SELECT * FROM wal2kafka.stat_snapshot'));
is(keys_of('skip.public.a'), 2970, 'all of them');
drop_connector($node, $db, $_) for qw(skip warn);

# A key that is left out.
my $lacks = qr/query for table "keyed" lacks column "id", which is part of its key/;
create_connector($node, $db, 'k', $broker, 'public.keyed', 'snapshot.mode' => 'initial',
	'snapshot.select.statement.overrides' => 'public.keyed',
	'snapshot.select.statement.overrides.public.keyed' => 'SELECT v FROM public.keyed');
ok( $node->poll_query_until($db, "SELECT state IN ('failed', 'retrying')
	FROM wal2kafka.connectors"), 'an override without the key');
like($node->safe_psql($db, 'SELECT last_error FROM wal2kafka.connectors'),
	$lacks, 'is refused in words');
drop_connector($node, $db, 'k');
create_connector($node, $db, 'b', $broker, 'public.keyed');
wait_state($node, $db, 'b', 'streaming');
$node->safe_psql($db, q(SELECT wal2kafka.signal('b', 'execute-snapshot',
	'{"data-collections": ["public.keyed"], "type": "blocking", "additional-conditions":
	[{"data-collection": "public.keyed", "filter": "SELECT v FROM public.keyed"}]}', 'k')));
ok( $node->poll_query_until($db, "SELECT state = 'failed'
	FROM wal2kafka.stat_snapshot WHERE signal_id = 'k'"), 'the same by a signal');
like($node->safe_psql($db, "SELECT error FROM wal2kafka.stat_snapshot"),
	$lacks, 'and why');
is(scalar(read_topic($broker, "$_.public.keyed")), 0, "$_: nothing is sent")
  for qw(k b);
drop_connector($node, $db, 'b');

# No process: it waits, says so, and is there when one is.
$node->append_conf('postgresql.conf', "max_worker_processes = 4\n");
$node->restart;
create_connector($node, $db, 'taker', $broker, 'public.keyed');
wait_state($node, $db, 'taker', 'streaming');
create_connector($node, $db, 'waits', $broker, 'public.keyed',
	'snapshot.mode' => 'initial');
ok( $node->poll_query_until($db, "SELECT state = 'starting' AND last_error LIKE
	'waiting for a background worker to read existing rows%max_worker_processes%'
	FROM wal2kafka.connectors WHERE name = 'waits'"), 'no process is free')
  or diag($node->safe_psql($db, 'SELECT name, state, last_error FROM wal2kafka.connectors'));
my $errors = $node->safe_psql($db,
	"SELECT errors FROM wal2kafka.stat_connector WHERE name = 'waits'");
sleep 3;
is( $node->safe_psql($db,
		"SELECT errors FROM wal2kafka.stat_connector WHERE name = 'waits'"),
	$errors, 'it waits, and does not fail again and again');
$node->safe_psql($db, "SELECT wal2kafka.stop_connector('taker')");
wait_state($node, $db, 'waits', 'streaming');
is(scalar(read_topic($broker, 'waits.public.keyed')), 1, 'then it reads');
# Several readers are wanted, and one is to be had.
$node->safe_psql($db, "SELECT wal2kafka.drop_connector('waits')");
ok( $node->poll_query_until($db, "SELECT count(*) = 1 FROM wal2kafka.connectors"),
	'dropped');
create_connector($node, $db, 'many', $broker, 'public.keyed',
	'snapshot.mode' => 'initial', 'snapshot.max.threads' => 4);
wait_state($node, $db, 'many', 'streaming');
is(scalar(read_topic($broker, 'many.public.keyed')), 1, 'one reader will do');

$node->stop;
stop_broker($broker);
done_testing();
