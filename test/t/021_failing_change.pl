# Changes that cannot be encoded (a label of an enum that is not there): what
# event.processing.failure.handling.mode says happens, to them alone.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('failing');
my $db = 'postgres';

$node->safe_psql($db, q(
CREATE TYPE mood AS ENUM ('good', 'gone');
CREATE TABLE a (id int PRIMARY KEY, n int, mood mood);
INSERT INTO a SELECT i, 0, 'gone' FROM generate_series(1, 10) i;
INSERT INTO a VALUES (100, 0, 'good');
SET allow_system_table_mods = on;
DELETE FROM pg_enum WHERE enumlabel = 'gone'));

# More than one of them in a transaction, and good ones between.
my $changes = join(';',
	map { "UPDATE a SET n = n + 1 WHERE id = $_" } (100, 1, 2, 100, 3));

foreach my $mode ('fail', 'skip', 'warn')
{
	create_connector($node, $db, $mode, $broker, 'public.a',
		'event.processing.failure.handling.mode' => $mode);
	wait_state($node, $db, $mode, 'streaming');
	$node->safe_psql($db, "BEGIN; $changes; COMMIT");
	$node->safe_psql($db, 'UPDATE a SET n = n + 1 WHERE id = 100');
	if ($mode eq 'fail')
	{
		wait_state($node, $db, $mode, 'failed');
		like(
			$node->safe_psql($db,
				"SELECT last_error FROM wal2kafka.connectors"),
			qr/^change at [0-9A-F]+\/[0-9A-F]+ of table "public\.a": invalid internal value for enum/,
			'which change, and why');
		is(scalar(read_topic($broker, "$mode.public.a")),
			0, 'nothing of the transaction is sent');
	}
	else
	{
		wait_delivered($node, $db, $mode);
		is_deeply(
			[ read_topic($broker, "$mode.public.a") ],
			[ ('{"id":100}') x 3 ],
			"$mode: the others arrive");
		is( $node->safe_psql($db,
				"SELECT skipped_records FROM wal2kafka.stat_connector"),
			3, "$mode: what was left out is counted");
	}
	$node->safe_psql($db, "SELECT wal2kafka.drop_connector('$mode')");
	ok($node->poll_query_until($db,
		'SELECT count(*) = 0 FROM wal2kafka.connectors'), "$mode: dropped");
}
my $warnings = () = slurp_file($node->logfile) =~
  /WARNING:  skipped a change of table "public\.a" at LSN/g;
is($warnings, 3, 'and under warn, logged');

# Records that are no rows, and that a transform cannot do with.
create_connector(
	$node, $db, 'others', $broker, 'public.a',
	'event.processing.failure.handling.mode' => 'warn',
	'provide.transaction.metadata' => 'true',
	'transforms' => 'r',
	'transforms.r.type' => 'RegexRouter',
	'transforms.r.regex' => '(x?)others[.](transaction|message)',
	'transforms.r.replacement' => '$1');
wait_state($node, $db, 'others', 'streaming');
$node->safe_psql($db, q(
SELECT pg_logical_emit_message(false, 'alone', 'a');
BEGIN;
UPDATE a SET n = n + 1 WHERE id = 100;
SELECT pg_logical_emit_message(true, 'inside', 'b');
UPDATE a SET n = n + 1 WHERE id = 100;
COMMIT));
wait_delivered($node, $db, 'others');
is_deeply(
	[ read_topic($broker, 'others.public.a') ],
	[ ('{"id":100}') x 2 ],
	'messages, begins and ends that fail are passed over');
is($node->safe_psql($db,
		"SELECT skipped_records FROM wal2kafka.stat_connector"),
	4, 'and counted');
my $log = slurp_file($node->logfile);
like($log, qr/WARNING:  skipped $_ at LSN [0-9A-F]+\/[0-9A-F]+ that could not be encoded\n.*DETAIL:  name of a topic is empty/,
	"and logged: $_")
  for ('a logical message', 'the record of the begin of transaction \d+',
	'the record of the end of transaction \d+');
$node->safe_psql($db, "SELECT wal2kafka.drop_connector('others')");
ok($node->poll_query_until($db,
	'SELECT count(*) = 0 FROM wal2kafka.connectors'), 'others: dropped');

# An idle connector whose sender dies again and again is another matter: no
# change is to blame, and it goes on.
create_connector($node, $db, 'idle', $broker, 'public.a');
wait_state($node, $db, 'idle', 'streaming');
$node->safe_psql($db, 'UPDATE a SET n = n + 1 WHERE id = 100');
wait_delivered($node, $db, 'idle');
foreach (1, 2, 3)
{
	my ($worker, $sender) = pids_of($node, $db, 'idle');

	kill 'KILL', $sender;
	is_gone('worker and sender end', $worker, $sender);
	wait_state($node, $db, 'idle', 'streaming');
}
like($node->safe_psql($db, 'SELECT last_error FROM wal2kafka.connectors'),
	qr/^the sender process ended unexpectedly/, 'the view says why');

$node->stop;
stop_broker($broker);
done_testing();
