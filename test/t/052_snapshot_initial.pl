# While an initial snapshot is read: signals are taken up, and the guard against
# a slot that fills the disk is there.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('initial');
my $db = 'postgres';
my %slow = ('snapshot.mode' => 'initial', 'snapshot.max.rows.per.second' => 250);

$node->safe_psql($db, q(CREATE TABLE big (id int PRIMARY KEY, v text);
	INSERT INTO big SELECT i FROM generate_series(1, 5000) i;
	CREATE TABLE small (id int PRIMARY KEY); INSERT INTO small VALUES (1);
	CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1);
	CREATE TABLE wal (v text)));

sub signal
{
	my ($type, $data, $id) = @_;
	$node->safe_psql($db,
		"SELECT wal2kafka.signal('i', '$type', $data, '$id')");
	ok( $node->poll_query_until($db,
			'SELECT count(*) = 0 FROM wal2kafka.connector_signal'),
		"$id is taken up");
}

sub last_error
{
	return $node->safe_psql($db, "SELECT last_error FROM wal2kafka.connectors");
}

sub states
{
	return $node->safe_psql($db, q(SELECT string_agg(relname || ' ' || state, ', '
		ORDER BY relname) FROM wal2kafka.stat_snapshot));
}

# Signals.
create_connector($node, $db, 'i', $broker, 'public.(big|small|other)',
	%slow, 'snapshot.include.collection.list' => 'public.big');
wait_reading($node, $db, 'i', 0);
wait_state($node, $db, 'i', 'snapshot');
signal('log', q('{"message": "we are at {}"}'), 'said');
like(slurp_file($node->logfile), qr/connector "i": we are at \w+\/\w*[1-9A-F]\w*$/m,
	'a log signal, during an initial snapshot');
signal('execute-snapshot', q('{"data-collections": ["public.small", "public.other"]}'), 'asked');
is(states(), 'big reading, other waiting, small waiting',
	'what is asked for waits');
signal('pause-snapshot', 'NULL', 'held');
like(last_error(), qr/signal "held" \(pause-snapshot\): the initial snapshot, which is being read, goes on/,
	'pausing is not for the initial one');
is(states(), 'big reading, other paused, small paused', 'but for those to come');
signal('stop-snapshot', q('{"data-collections": ["public.other"]}'), 'less');
is(states(), 'big reading, other stopped, small paused', 'these can be stopped');
signal('stop-snapshot', q('{"data-collections": ["public.big"]}'), 'no');
like(last_error(), qr/there is no such snapshot to stop; the initial one/,
	'and the initial one cannot');
signal('resume-snapshot', 'NULL', 'on');
wait_snapshot($node, $db, 'i');
wait_state($node, $db, 'i', 'streaming');
is(states(), 'big done, other stopped, small done', 'all is read in its turn');
is(scalar(read_rows($broker, 'i.public.big')), 5000, 'the initial one in full');
is(scalar(read_rows($broker, 'i.public.small')), 1, 'and what was asked for');
drop_connector($node, $db, 'i');

# The guard.
my %guard = ('max.slot.lag.bytes' => 1000000, 'status.update.interval.ms' => 200,
	'snapshot.max.rows.per.second' => 10);
create_connector($node, $db, 'warns', $broker, 'public.big', %slow, %guard);
create_connector($node, $db, 'drops', $broker, 'public.big', %slow, %guard,
	'max.slot.lag.action' => 'drop');
wait_reading($node, $db, $_, 0) for qw(warns drops);
$node->safe_psql($db,
	q(INSERT INTO wal SELECT repeat('x', 1000) FROM generate_series(1, 4000)));
wait_state($node, $db, 'drops', 'failed');
my $error = $node->safe_psql($db, q(SELECT last_error FROM wal2kafka.connectors
	WHERE name = 'drops'));
like($error, qr/retains \d+ bytes of WAL, more than max.slot.lag.bytes/,
	'the guard holds during an initial snapshot');
like($error, qr/The slot was dropped/, 'and does what it is told to');
is( $node->safe_psql($db, 'SELECT string_agg(slot_name, q) FROM pg_replication_slots,
		(VALUES (chr(32))) AS t (q)'),
	'wal2kafka_postgres_warns', 'the slot is gone');
ok( $node->poll_query_until($db, "SELECT count(*) = 1 FROM pg_stat_activity
		WHERE backend_type LIKE 'wal2kafka snapshot%'"), 'and its snapshot with it');
ok( $node->poll_query_until($db, "SELECT state = 'snapshot' AND last_error LIKE
		'%more than max.slot.lag.bytes%' FROM wal2kafka.connectors
		WHERE name = 'warns'"), 'the other one says so and goes on');
unlike(slurp_file($node->logfile), qr/terminated by signal|reinitializing/,
	'nobody crashed');
$node->safe_psql($db, q(SELECT wal2kafka.drop_connector(name) FROM wal2kafka.connectors));
$node->stop;
stop_broker($broker);
done_testing();
