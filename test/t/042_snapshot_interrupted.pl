# A snapshot that is paused, stopped, cut off and given up goes on where it
# was, or ends at once.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use Wal2Kafka;

my $broker = start_broker(
	map { ('--topic', "$_:1") } qw(p.public.big p.public.small q.public.big
	  k.public.big k.public.small x.public.big y.public.big));
my $node = new_node('interrupted');
my $db = 'postgres';
my $rows = 40000;
my $readers = "SELECT count(*) FROM pg_stat_activity
	WHERE backend_type LIKE 'wal2kafka snapshot%'";

$node->safe_psql($db, "CREATE TABLE big (id int PRIMARY KEY, v int);
	INSERT INTO big SELECT i, i FROM generate_series(1, $rows) i;
	CREATE TABLE a_small (id int PRIMARY KEY);
	INSERT INTO a_small SELECT generate_series(1, 100);
	CREATE TABLE small (id int PRIMARY KEY);
	INSERT INTO small SELECT generate_series(1, 100)");

sub start_snapshot
{
	my ($name, %more) = @_;

	create_connector($node, $db, $name, $broker, 'public\\\\..*',
		'snapshot.mode' => 'initial',
		'snapshot.max.rows.per.second' => 8000, %more);
	wait_reading($node, $db, $name);
}

# How many rows of "big" came, and how many of them twice; all must be there.
sub check_rows
{
	my ($name, $most, $what) = @_;
	my %seen;
	my @rows = grep { /^r / } read_rows($broker, "$name.public.big");

	$seen{$_}++ for map { (split)[2] } @rows;
	is(scalar(keys %seen), $rows, "$what: every row is there");
	cmp_ok(@rows - keys(%seen), '<=', $most, "$what: nearly none twice");
	note(@rows - keys(%seen) . ' repeats');
}

# Paused: it holds still, and goes on.
start_snapshot('p');
$node->safe_psql($db, "SELECT wal2kafka.pause_connector('p')");
wait_state($node, $db, 'p', 'paused');
sleep 1;
my $before = read_rows($broker, 'p.public.big');
sleep 1;
is(scalar(read_rows($broker, 'p.public.big')),
	$before, 'paused in the middle, nothing comes');
cmp_ok($before, '<', $rows, 'and it was in the middle');
$node->safe_psql($db, "INSERT INTO small VALUES (1000);
	SELECT wal2kafka.resume_connector('p')");
wait_snapshot($node, $db, 'p');
wait_state($node, $db, 'p', 'streaming');
wait_delivered($node, $db, 'p');
check_rows('p', 0, 'paused and resumed');
is_deeply([ grep { /1000/ } read_rows($broker, 'p.public.small') ],
	['c false {"id":1000}'], 'what came meanwhile is streamed');
drop_connector($node, $db, 'p');

# Stopped: no process is left, and it goes on all the same.
start_snapshot('q');
my ($worker, $sender) = pids_of($node, $db, 'q');
my $took = timed(sub {
	$node->safe_psql($db, "SELECT wal2kafka.stop_connector('q')");
	wait_state($node, $db, 'q', 'stopped');
});
cmp_ok($took, '<', 3, 'it is stopped soon');
is_gone('worker and sender are gone', $worker, $sender);
ok($node->poll_query_until($db, "SELECT ($readers) = 0"),
	'and so are the readers');
$node->safe_psql($db, "SELECT wal2kafka.resume_connector('q')");
wait_snapshot($node, $db, 'q');
wait_state($node, $db, 'q', 'streaming');
wait_delivered($node, $db, 'q');
check_rows('q', $rows / 2, 'stopped and resumed');
is(scalar(grep { /^r / } read_rows($broker, 'q.public.a_small')),
	100, 'a table that was done is not read again');
drop_connector($node, $db, 'q');

# Worker, sender, the readers; the server.
start_snapshot('k');
($worker, $sender) = pids_of($node, $db, 'k');
kill 'KILL', $sender;
$node->safe_psql($db, "SELECT pg_terminate_backend($worker)");
wait_reading($node, $db, 'k', 20);
is( $node->safe_psql($db, $readers),
	1, 'the holder of the snapshot outlives worker and sender');
$node->safe_psql($db, "INSERT INTO small VALUES (2000);
	DELETE FROM small WHERE id = 1");
cmp_ok(timed(sub { $node->stop('fast') }), '<', 2,
	'a fast stop in the middle of a snapshot takes less than 2 s');
$node->start;
wait_snapshot($node, $db, 'k');
wait_state($node, $db, 'k', 'streaming');
wait_delivered($node, $db, 'k');
check_rows('k', $rows / 2, 'killed and restarted');
is(scalar(grep { /^r / } read_rows($broker, 'k.public.a_small')),
	100, 'a table that was done is not read again');
my %small;
$small{ (split)[-1] } = (split)[0] for read_rows($broker, 'k.public.small');
is($small{'{"id":1}'} // 'x', 'x', 'a row deleted meanwhile is not there');
ok(exists $small{'{"id":2000}'}, 'one inserted meanwhile is');
$node->safe_psql($db, 'DELETE FROM small WHERE id = 2000');
drop_connector($node, $db, 'k');

# Without a broker a snapshot waits, and holds nobody up.
start_snapshot('x');
broker_command($broker, 'down');
ok( $node->poll_query_until($db, "SELECT last_error IS NOT NULL
	FROM wal2kafka.connectors WHERE name = 'x'"),
	'a snapshot says that the broker is away');
cmp_ok(timed(sub { $node->stop('fast') }), '<', 2,
	'a fast stop then takes less than 2 s');
$node->start;
broker_command($broker, 'up');
wait_snapshot($node, $db, 'x');
wait_state($node, $db, 'x', 'streaming');
wait_delivered($node, $db, 'x');
check_rows('x', $rows / 2, 'without a broker for a while');
drop_connector($node, $db, 'x');

# Dropped in the middle: nothing is left of it.
start_snapshot('y');
($worker, $sender) = pids_of($node, $db, 'y');
drop_connector($node, $db, 'y');
is_gone('worker and sender are gone', $worker, $sender);
ok( $node->poll_query_until($db, "SELECT ($readers) = 0
	AND NOT EXISTS (SELECT FROM pg_replication_slots)
	AND NOT EXISTS (SELECT FROM wal2kafka.connector_progress)"),
	'neither readers nor slot nor rows');

$node->stop;
stop_broker($broker);
done_testing();
