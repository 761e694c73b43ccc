# Signals that come by Kafka, and by Debezium's signalling table: what the
# worker makes of them, and that a restart neither loses nor repeats them.
use strict;
use warnings;

use IPC::Run qw(run);
use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker('--topic', 'k-signal:2', '--topic', 'shared:1');
my $node = new_node('signals');
my $db = 'postgres';

# A record, in partition 0.
sub send_signal
{
	my ($topic, $key, $value) = @_;

	ok( run([ 'kcat', '-P', '-b', $broker->{address}, '-t', $topic, '-p', '0',
				'-K', '|' ], '<', \"$key|$value\n"),
		"sent to $topic");
}

# Lines of the server's log.
sub logged
{
	my ($pattern) = @_;
	my $count = () = slurp_file($node->logfile) =~ /$pattern/g;
	return $count;
}

$node->safe_psql($db, q(
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY);
CREATE TABLE debezium_signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048))));
create_connector($node, $db, 'k', $broker, 'public.[ab]',
	'signal.enabled.channels' => 'source,kafka',
	'signal.data.collection' => 'public.debezium_signal',
	'statistics.interval.ms' => '500');
wait_state($node, $db, 'k', 'streaming');

# By Kafka: ours, and somebody else's.
send_signal('k-signal', 'other', '{"id":"s0","type":"log","data":{"message":"not for us"}}');
send_signal('k-signal', 'k', '{"id":"s1","type":"log","data":{"message":"Kafka says hello at {}!"}}');
$node->wait_for_log(qr/connector "k": Kafka says hello at [0-9A-F]+\/[0-9A-F]+!/);
send_signal('k-signal', 'k', 'no JSON');
send_signal('k-signal', 'k', '["no object"]');
send_signal('k-signal', 'k', '{"type":"reboot"}');
send_signal('k-signal', 'k', '{"id":"s2","type":"execute-snapshot","data":{"data-collections":["public.nowhere"]}}');
ok( $node->poll_query_until($db, q(SELECT last_error =
	'signal "s2" (execute-snapshot): no captured table matches "public.nowhere"'
	FROM wal2kafka.connectors)),
	'what cannot be done is shown');
send_signal('k-signal', 'k',
	'{"id":"s3","type":"execute-snapshot","data":{"data-collections":["public.a"],'
	  . '"additional-conditions":[{"data-collection":"public.a","filter":"id > 3"}]}}');
ok( $node->poll_query_until($db, q(SELECT collection || ' ' || filter = 'public.a id > 3'
	FROM wal2kafka.stat_snapshot WHERE signal_id = 's3')),
	'a snapshot is written down');
is(logged(qr/not for us/), 0, "somebody else's signal");
is(logged(qr/no signal|PANIC|terminated by signal/), 0, 'nobody crashed');
wait_state($node, $db, 'k', 'streaming');

# A new sender, and a new worker, go on behind what was taken up.
my $sent = 7;
foreach my $column (qw(sender_pid pid))
{
	my ($pid) = $node->safe_psql($db, "SELECT $column FROM wal2kafka.connectors");

	# the offset is committed by and by
	broker_command($broker, 'committed kafka-signal k-signal ' . $sent++);
	kill $column eq 'pid' ? 'TERM' : 'KILL', $pid;
	send_signal('k-signal', 'k', qq({"type":"log","data":{"message":"after the $column"}}));
	$node->wait_for_log(qr/connector "k": after the $column/);
}
is(logged(qr/Kafka says hello/), 1, 'no signal was repeated');

# By the table; here, too, whatever becomes of the worker.
$node->safe_psql($db, q(INSERT INTO debezium_signal VALUES
	('t1', 'log', '{"message": "the table says hello"}')));
$node->wait_for_log(qr/connector "k": the table says hello/);
wait_delivered($node, $db, 'k');
is($node->safe_psql($db, 'SELECT count(*) FROM wal2kafka.connector_signal'),
	'0', 'signals are gone');
$node->safe_psql($db, q(SELECT wal2kafka.stop_connector('k')));
wait_state($node, $db, 'k', 'stopped');
$node->safe_psql($db, q(INSERT INTO debezium_signal VALUES
	('t2', 'log', '{"message": "while it was stopped"}')));
$node->safe_psql($db, q(SELECT wal2kafka.resume_connector('k')));
$node->wait_for_log(qr/connector "k": while it was stopped/);
$node->restart('immediate');
wait_state($node, $db, 'k', 'streaming');
$node->safe_psql($db, q(INSERT INTO a VALUES (1)));
wait_delivered($node, $db, 'k');

# Somebody has locked our table: the signal waits, and so does the slot.
my $locker = $node->background_psql($db);
$locker->query_safe('BEGIN; LOCK TABLE wal2kafka.connector_snapshot IN SHARE MODE');
$node->safe_psql($db, q(INSERT INTO debezium_signal VALUES
	('t3', 'log', '{"message": "at last"}')));
my $lsn = $node->safe_psql($db, 'SELECT pg_current_wal_insert_lsn()');
$node->safe_psql($db, q(INSERT INTO a VALUES (2)));
sleep 2;
is(logged(qr/connector "k": at last/), 0, 'the signal waits');
is($node->safe_psql($db, "SELECT confirmed_flush_lsn < '$lsn' FROM pg_replication_slots WHERE plugin = 'wal2kafka'"),
	't', 'and so does the slot');
$locker->query_safe('COMMIT');
$node->wait_for_log(qr/connector "k": at last/);
wait_delivered($node, $db, 'k');
$locker->quit;

# From now on only.
send_signal('shared', 'l', '{"type":"log","data":{"message":"of old"}}');
create_connector($node, $db, 'l', $broker, 'public.a',
	'signal.enabled.channels' => 'kafka', 'signal.kafka.topic' => 'shared',
	'signal.kafka.groupId' => 'mine',
	'signal.consumer.auto.offset.reset' => 'latest');
wait_state($node, $db, 'l', 'streaming');
# The end is made the group's place before anything is read.
broker_command($broker, 'committed mine shared 1');
send_signal('shared', 'l', '{"type":"log","data":{"message":"of late"}}');
$node->wait_for_log(qr/connector "l": of late/);
is(logged(qr/of old/), 0, 'latest: signals of old are left alone');

$node->safe_psql($db, q(SELECT wal2kafka.drop_connector(name) FROM wal2kafka.connectors));
$node->stop;
stop_broker($broker);
done_testing();
