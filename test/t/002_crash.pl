# Every process of ours is killed or stopped, and the server: nothing is
# lost, nobody else notices, and no sender outlives its worker.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker('--topic', 'crash.public.t:1');
my $node = new_node('crash', conf => "restart_after_crash = on\n");
my $db = 'postgres';
my $rows = 0;

$node->safe_psql($db, 'CREATE TABLE t (id int PRIMARY KEY)');
create_connector($node, $db, 'crash', $broker, 'public.t');
wait_state($node, $db, 'crash', 'streaming');

sub write_rows
{
	$node->safe_psql($db,
		"INSERT INTO t SELECT generate_series($rows + 1, $rows + 500)");
	$rows += 500;
}

sub check_topic
{
	my ($what) = @_;
	my %seen;

	wait_delivered($node, $db, 'crash');
	my @keys = read_topic($broker, 'crash.public.t');
	$seen{$_}++ for @keys;
	is(scalar(keys %seen), $rows, "$what: every row is there");
	note(@keys - keys(%seen) . ' repeats');
	is($keys[-1], qq({"id":$rows}), "$what: the newest is last");
}

my $started =
  $node->safe_psql($db, 'SELECT pg_postmaster_start_time()');
write_rows();
check_topic('at first');

foreach my $signal (qw(KILL ABRT SEGV STOP))
{
	my ($worker, $sender) = pids_of($node, $db, 'crash');

	kill $signal, $sender;
	write_rows();
	if ($signal eq 'STOP')
	{
		$node->safe_psql($db, "SELECT pg_terminate_backend($worker)");
		is_gone('a stopped sender ends with its worker', $worker, $sender);
	}
	check_topic("sender gets SIG$signal");
}
foreach my $function (qw(pg_terminate_backend pg_cancel_backend))
{
	my ($worker, $sender) = pids_of($node, $db, 'crash');

	$node->safe_psql($db, "SELECT $function($worker)");
	write_rows();
	check_topic("$function of the worker");
	is_gone('its sender went along', $sender)
	  if $function eq 'pg_terminate_backend';
}
$node->safe_psql($db, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE backend_type = 'wal2kafka launcher'");
ok( $node->poll_query_until($db, "SELECT count(*) = 1 FROM pg_stat_activity
	WHERE backend_type = 'wal2kafka launcher'"), 'the launcher comes back');
write_rows();
check_topic('pg_terminate_backend of the launcher');
is( $node->safe_psql($db, 'SELECT pg_postmaster_start_time()'),
	$started, 'the server ran all along');

# A killed worker restarts the instance, by the server's own rule.
my ($worker, $sender) = pids_of($node, $db, 'crash');
kill 'KILL', $worker;
is_gone('a killed worker leaves no sender', $worker, $sender);
$node->poll_query_until($db, 'SELECT true');
wait_state($node, $db, 'crash', 'streaming');
write_rows();
check_topic('the worker killed');

(undef, $sender) = pids_of($node, $db, 'crash');
write_rows();
$node->stop('immediate');
is_gone('an immediate stop leaves no sender', $sender);
$node->start;
check_topic('immediate stop');

(undef, $sender) = pids_of($node, $db, 'crash');
write_rows();
my $postmaster = $node->{_pid};
$node->kill9;
is_gone('a killed postmaster leaves no sender', $sender);
SKIP:
{
	# Until somebody reaps it, it looks alive to the next one.
	my $end = time() + 10;

	sleep 1 while -d "/proc/$postmaster" && time() < $end;
	skip 'process 1 here reaps no orphans', 1 if -d "/proc/$postmaster";
	$node->start;
	check_topic('the postmaster killed');
	$node->stop;
}
stop_broker($broker);
done_testing();
