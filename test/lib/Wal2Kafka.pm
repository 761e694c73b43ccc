# Wal2Kafka.pm: what the TAP scripts share: a node with the extension, the
# mock broker, and reading a topic.
#
# The mock broker is the program that W2K_MOCK names; kcat reads.
package Wal2Kafka;

use strict;
use warnings;

use Exporter 'import';
use IPC::Run qw(start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(new_node start_broker broker_command stop_broker read_topic
  create_connector wait_state wait_delivered pids_of is_gone timed
  wait_snapshot wait_reading read_rows settled_rows drop_connector
  begin_session open_session close_session);

# A node that is ready for connectors, with the extension in "postgres".
sub new_node
{
	my ($name, %params) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(allows_streaming => 'logical');
	my $preload = $params{no_preload} ? '' : 'wal2kafka';
	$node->append_conf('postgresql.conf', qq(
shared_preload_libraries = '$preload'
max_replication_slots = 20
max_worker_processes = 24
));
	# A server older than the setting does not start with it.
	my ($known) = run_command([ 'postgres', '--describe-config' ]);
	$node->append_conf('postgresql.conf',
		"output_plugin_libraries = 'pgoutput, test_decoding, wal2kafka'\n")
	  if $known =~ /^output_plugin_libraries\t/m;
	$node->append_conf('postgresql.conf', $params{conf}) if $params{conf};
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION wal2kafka');
	return $node;
}

# Returns {address, ...}; the broker ends with its standard input.
sub start_broker
{
	my %broker = (in => '', out => '');

	$broker{run} = start([ $ENV{W2K_MOCK}, @_ ], '<', \$broker{in},
		'>', \$broker{out}, '2>', '/dev/null',
		IPC::Run::timer($PostgreSQL::Test::Utils::timeout_default * 10));
	$broker{run}->pump until $broker{out} =~ /\n/;
	($broker{address}) = $broker{out} =~ /^(\S+)/;
	return \%broker;
}

# One line of its command language (test/mock/mock_broker.c).
sub broker_command
{
	my ($broker, $line) = @_;

	$broker->{out} = '';
	$broker->{in} .= "$line\n";
	$broker->{run}->pump until $broker->{out} =~ /\n/;
	is($broker->{out}, "ok\n", "broker: $line");
}

sub stop_broker
{
	my ($broker) = @_;
	$broker->{run}->finish;
}

# Keys of a topic's records, oldest first; or what a kcat format says.
sub read_topic
{
	my ($broker, $topic, $format) = @_;
	my ($out) = run_command([
		'kcat', '-b', $broker->{address}, '-C', '-t', $topic, '-o',
		'beginning', '-e', '-q', '-u', '-m', '60', '-f', $format // '%k\n',
		'-X', 'fetch.wait.max.ms=10' ]);
	return split /\n/, $out;
}

sub create_connector
{
	my ($node, $db, $name, $broker, $tables, %more) = @_;
	my %config = (
		'bootstrap.servers' => $broker->{address},
		'topic.prefix' => $name,
		'table.include.list' => $tables,
		'snapshot.mode' => 'no_data',
		%more);
	my $json = '{' . join(', ',
		map { qq("$_": "$config{$_}") } sort keys %config) . '}';

	$node->safe_psql($db,
		"SELECT wal2kafka.create_connector('$name', '$json')");
}

# The view may still show what was before the last order.
sub wait_state
{
	my ($node, $db, $name, $state) = @_;

	ok( $node->poll_query_until($db,
			"SELECT wal2kafka.wait_for_connector('$name', '$state', '10 s')"),
		"connector $name is $state")
	  or diag($node->safe_psql($db,
			'SELECT name, state, last_error FROM wal2kafka.connectors'));
}

# Everything committed by now is acknowledged.
sub wait_delivered
{
	my ($node, $db, $name) = @_;

	ok( $node->poll_query_until($db,
			"SELECT wal2kafka.wait_for_delivery('$name', NULL, '10 s')"),
		"connector $name has delivered");
}

# Every table of every snapshot has been read, or said why not.
sub wait_snapshot
{
	my ($node, $db, $name) = @_;

	ok( $node->poll_query_until($db, qq(
SELECT coalesce(bool_and(s.state NOT IN ('waiting', 'reading')), true)
	AND coalesce(min(p.snapshot), '') <> 'running'
	AND min(c.state) NOT IN ('starting', 'snapshot', 'retrying')
FROM wal2kafka.connectors c
LEFT JOIN wal2kafka.connector_progress p ON p.name = c.name
LEFT JOIN wal2kafka.connector_snapshot s ON s.name = c.name
WHERE c.name = '$name')),
		"snapshots of connector $name are over")
	  or diag($node->safe_psql($db, 'SELECT c.state, c.last_error, s.*
			FROM wal2kafka.connectors c
			LEFT JOIN wal2kafka.connector_snapshot s ON s.name = c.name'));
}

# A snapshot is in the middle of a table, or behind so many of its blocks.
sub wait_reading
{
	my ($node, $db, $name, $blocks) = @_;
	$blocks //= 1;

	ok( $node->poll_query_until($db, "SELECT count(*) > 0
			FROM wal2kafka.connector_snapshot WHERE name = '$name'
			AND state = 'reading' AND next_block >= $blocks"),
		"connector $name is reading")
	  or diag($node->safe_psql($db, 'SELECT c.state, c.last_error, s.*
			FROM wal2kafka.connectors c
			LEFT JOIN wal2kafka.connector_snapshot s ON s.name = c.name'));
}

# A topic's records as "op marker key", oldest first; tombstones are "x".
sub read_rows
{
	my ($broker, $topic) = @_;

	return map {
		my ($key, $value) = split /\t/, $_, 2;
		my ($marker) = $value =~ /"snapshot":"(\w+)"/;
		my ($op) = $value =~ /"op":"(\w)"/;

		defined $op ? "$op $marker $key" : "x $key";
	} read_topic($broker, $topic, '%k\t%s\n');
}

# How many records a topic has, once no more have come for two seconds: what
# was begun before a pause is sent.
sub settled_rows
{
	my ($broker, $topic) = @_;
	my $end = time() + $PostgreSQL::Test::Utils::timeout_default;
	my $count = read_rows($broker, $topic);
	my $since = time();

	while (time() < $since + 2 && time() < $end)
	{
		sleep 0.2;
		my $now = read_rows($broker, $topic);

		next if $now == $count;
		$count = $now;
		$since = time();
	}
	return $count;
}

sub drop_connector
{
	my ($node, $db, $name) = @_;

	$node->safe_psql($db, "SELECT wal2kafka.drop_connector('$name')");
	ok( $node->poll_query_until($db, "SELECT NOT EXISTS
	(SELECT FROM wal2kafka.connectors WHERE name = '$name') AND NOT EXISTS
	(SELECT FROM wal2kafka.connector_snapshot WHERE name = '$name')"),
		"connector $name is gone");
}

# A psql of its own that runs the statements and stays.
sub begin_session
{
	my ($node, $db, $sql) = @_;
	my %session = (in => "$sql;\n\\echo ready\n", out => '');

	$session{run} = start([ 'psql', '-XAtq', '-d', $node->connstr($db) ],
		'<', \$session{in}, '>', \$session{out}, '2>', '/dev/null',
		IPC::Run::timer($PostgreSQL::Test::Utils::timeout_default));
	$session{run}->pump_nb;
	return \%session;
}

# The same, when they have run.
sub open_session
{
	my $session = begin_session(@_);

	$session->{run}->pump until $session->{out} =~ /ready/;
	return $session;
}

# Whatever it has open ends with it.
sub close_session
{
	my ($session) = @_;
	$session->{run}->finish;
}

# (worker, sender)
sub pids_of
{
	my ($node, $db, $name) = @_;

	$node->poll_query_until($db,
		"SELECT pid IS NOT NULL AND sender_pid IS NOT NULL "
		  . "FROM wal2kafka.connectors WHERE name = '$name'");
	return split /\|/, $node->safe_psql($db,
		"SELECT pid, sender_pid FROM wal2kafka.connectors "
		  . "WHERE name = '$name'");
}

# Waits until none of the processes is there, nor a zombie of it.
sub is_gone
{
	my ($what, @pids) = @_;
	my $end = time() + $PostgreSQL::Test::Utils::timeout_default;

	sleep 0.05 while (grep { -d "/proc/$_" } @pids) && time() < $end;
	is_deeply([ grep { -d "/proc/$_" } @pids ], [], $what);
}

# Seconds that it took.
sub timed
{
	my ($code) = @_;
	my $began = time();

	$code->();
	return time() - $began;
}

1;
