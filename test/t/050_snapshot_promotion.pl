# A promotion in the middle of snapshots: with the slots, as failover slots are
# there from 17 on, they go on where they were; without, it is said in words.
use strict;
use warnings;

use File::Copy qw(copy);
use File::Path qw(make_path);
use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker(
	map { ('--topic', "$_:1") } qw(first.public.a_small first.public.big
	  second.public.a_small second.public.big));
my $primary = new_node('primary', conf => "wal_keep_size = 256MB\n");
my $db = 'postgres';
my $rows = 30000;
my @connectors = qw(first second);

$primary->safe_psql($db, "CREATE TABLE big (id int PRIMARY KEY, v int);
	INSERT INTO big SELECT i, i FROM generate_series(1, $rows) i;
	CREATE TABLE a_small (id int PRIMARY KEY);
	INSERT INTO a_small SELECT generate_series(1, 100)");
$primary->backup('b');
my %standbys;
for my $name (qw(with_slots bare))
{
	$standbys{$name} = PostgreSQL::Test::Cluster->new($name);
	$standbys{$name}->init_from_backup($primary, 'b', has_streaming => 1);
	$standbys{$name}->start;
}

# The first is in its initial snapshot, the second in an incremental one.
create_connector($primary, $db, 'second', $broker, 'public[.].*',
	'snapshot.max.rows.per.second' => 4000);
wait_state($primary, $db, 'second', 'streaming');
create_connector($primary, $db, 'first', $broker, 'public[.].*',
	'snapshot.mode' => 'initial', 'snapshot.max.rows.per.second' => 4000);
$primary->safe_psql($db, q(SELECT wal2kafka.start_snapshot('second')));
wait_reading($primary, $db, $_) for @connectors;
$primary->safe_psql($db, 'UPDATE big SET v = -1 WHERE id = 1;
	INSERT INTO a_small VALUES (1000)');

# What a slot's synchronization does, by hand: its file.
$primary->safe_psql($db, 'CHECKPOINT');
my $standby = $standbys{with_slots};
$standby->stop;
for my $slot (split /\n/, $primary->safe_psql($db,
	'SELECT slot_name FROM pg_replication_slots'))
{
	my $to = $standby->data_dir . "/pg_replslot/$slot";

	make_path($to);
	copy($primary->data_dir . "/pg_replslot/$slot/state", "$to/state")
	  or die "could not copy slot $slot: $!";
}
$standby->start;
$primary->safe_psql($db, 'UPDATE big SET v = -2 WHERE id = 2');
$primary->wait_for_catchup($_, 'replay', $primary->lsn('insert'))
  for values %standbys;
my %before = map { $_ => scalar(read_rows($broker, "$_.public.big")) } @connectors;
$primary->stop('immediate');

# The rest, and what is changed since.
$standby->promote;
wait_state($standby, $db, $_, 'streaming') for @connectors;
$standby->safe_psql($db, 'UPDATE big SET v = -3 WHERE id = 3');
for my $name (@connectors)
{
	wait_snapshot($standby, $db, $name);
	wait_delivered($standby, $db, $name);

	my @records = read_rows($broker, "$name.public.big");
	my %read = map { (split)[2] => 1 } grep { /^[rcu] / } @records;
	my $reads = grep { /^r / } @records;

	is(scalar(keys %read), $rows, "$name: every row has come");
	cmp_ok($reads - $rows, '<', $before{$name},
		"$name: it did not begin anew");
	note("$name: $before{$name} before, " . ($reads - $rows) . ' twice');
	is(scalar(grep { /^r / } read_rows($broker, "$name.public.a_small")),
		100, "$name: a table that was done is not read again");
	my %last = map { /"id":(\d+)\} .*"after":\{"id":\d+,"v":(-?\d+)\}/ ? ($1 => $2) : () }
	  read_topic($broker, "$name.public.big", '%k %s\n');
	is(join(' ', map { $last{$_} } 1 .. 4), '-1 -2 -3 4',
		"$name: the newest version is the last");
	is( $standby->safe_psql($db, "SELECT string_agg(DISTINCT state, ' ')
			FROM wal2kafka.stat_snapshot WHERE name = '$name'"),
		'done', "$name: it is done");
}
$standby->stop;

# Without a slot nothing is made up for.
my $bare = $standbys{bare};
$bare->promote;
for my $name (@connectors)
{
	wait_state($bare, $db, $name, 'failed');
	like( $bare->safe_psql($db, "SELECT last_error FROM wal2kafka.connectors
			WHERE name = '$name'"),
		qr/replication slot "\w+" of connector "$name" does not exist any more/,
		"$name: without its slot it says what is missing");
}
is( $bare->safe_psql($db, 'SELECT count(*) FROM pg_replication_slots'),
	0, 'and no slot is made in silence');
$bare->stop;
stop_broker($broker);
done_testing();
