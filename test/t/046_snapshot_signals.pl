# Snapshots as signals ask for them: what is read, paused, stopped, and told.
use strict;
use warnings;

use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('snapshot_signals');
my $db = 'postgres';

sub wait_tables
{
	my ($signal, $states) = @_;

	ok( $node->poll_query_until($db, qq(SELECT string_agg(relname || ' ' || state, ', '
		ORDER BY collection) = '$states' FROM wal2kafka.stat_snapshot
		WHERE signal_id = '$signal')), "$signal: $states")
	  or diag($node->safe_psql($db, 'SELECT * FROM wal2kafka.stat_snapshot'));
}

# Keys that were read of a table, in order.
sub read_keys
{
	my ($table) = @_;
	return join(' ', map { /^\{"id":(\d+)\} .*"op":"r"/ ? $1 : () }
		sort { ($a =~ /(\d+)/)[0] <=> ($b =~ /(\d+)/)[0] }
		read_topic($broker, "n.public.$table", '%k %s\n'));
}

$node->safe_psql($db, q(
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY);
CREATE TABLE "c.d" (id int PRIMARY KEY);
CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
INSERT INTO a SELECT generate_series(1, 5);
INSERT INTO b SELECT generate_series(1, 3);
INSERT INTO "c.d" VALUES (1);
INSERT INTO p VALUES (1), (11)));
create_connector($node, $db, 'n', $broker, 'public.*',
	'notification.enabled.channels' => 'sink,log,jmx',
	'notification.sink.topic.name' => 'news');
wait_state($node, $db, 'n', 'streaming');

# Paused before it begins, stopped, and asked for again.
$node->safe_psql($db, q(SELECT wal2kafka.signal('n', 'pause-snapshot');
	SELECT wal2kafka.signal('n', 'execute-snapshot',
		'{"data-collections": ["public.[ab]"]}', 's1')));
wait_tables('s1', 'a paused, b paused');
$node->safe_psql($db, q(SELECT wal2kafka.signal('n', 'stop-snapshot',
	'{"data-collections": ["public.a", "public.none"]}')));
wait_tables('s1', 'a stopped, b paused');
$node->safe_psql($db, q(SELECT wal2kafka.signal('n', 'resume-snapshot')));
wait_tables('s1', 'a stopped, b done');
is(read_keys('b'), '1 2 3', 'its rows');
is(read_keys('a'), '', 'and none of what was stopped');

# Some rows, odd names, partitions by the name of the whole.
$node->safe_psql($db, q(SELECT wal2kafka.signal('n', 'execute-snapshot',
	'{"data-collections": ["public.a", "\"public\".\"c.d\"", "public.p"],
	  "additional-conditions": [{"data-collection": "public.a", "filter": "id > 3"},
		{"data-collection": "public.p2", "filter": "id < 0"}]}', 's2')));
wait_tables('s2', 'a done, c.d done, p1 done, p2 done');
is(read_keys('a'), '4 5', 'rows for which the condition holds');
is(read_keys('c.d'), '1', 'a table with a dot in its name');
is(read_keys('p1') . '|' . read_keys('p2'), '1|', 'partitions, each by itself');

# The function; a filter that fails when it is run.
$node->safe_psql($db, q(SELECT wal2kafka.start_snapshot('n', '{a}', 'id = 1')));
ok( $node->poll_query_until($db, q(SELECT count(*) = 3 AND bool_and(state <> 'waiting')
	FROM wal2kafka.stat_snapshot WHERE relname = 'a' AND finish_time IS NOT NULL)),
	'start_snapshot');
is(read_keys('a'), '1 4 5', 'its row');
$node->safe_psql($db, q(SELECT wal2kafka.signal('n', 'execute-snapshot',
	'{"data-collections": ["public.a"], "additional-conditions":
	  [{"data-collection": "public.a", "filter": "nowhere > 3"}]}', 's3')));
wait_tables('s3', 'a failed');
like($node->safe_psql($db, q(SELECT error FROM wal2kafka.stat_snapshot WHERE signal_id = 's3')),
	qr/column "nowhere" does not exist/, 'and why');
wait_state($node, $db, 'n', 'streaming');

# A blocking one has an initial one's order and markers; the last row is known
# though there are empty tables behind it.
$node->safe_psql($db, q(CREATE TABLE k0 (id int PRIMARY KEY);
	CREATE TABLE k1 (id int PRIMARY KEY); INSERT INTO k1 VALUES (1);
	CREATE TABLE k2 (id int PRIMARY KEY); INSERT INTO k2 SELECT generate_series(1, 3000);
	CREATE TABLE k3 (id int PRIMARY KEY); INSERT INTO k3 VALUES (1), (2), (3);
	CREATE TABLE k4 (id int PRIMARY KEY); INSERT INTO k4 VALUES (1), (2);
	DELETE FROM k4 WHERE id = 2;
	CREATE TABLE k5 (id int PRIMARY KEY)));
wait_delivered($node, $db, 'n');
$node->safe_psql($db, q(SELECT wal2kafka.signal('n', 'execute-snapshot',
	'{"data-collections": ["public.k5", "public.k4", "public.k[0-3]"], "type": "blocking",
	  "additional-conditions": [{"data-collection": "public.k3",
		"filter": "SELECT * FROM public.k3 WHERE id > 1 ORDER BY id DESC"}]}', 's4')));
wait_tables('s4', 'k0 done, k1 done, k2 done, k3 done, k4 done, k5 done');
sub marked
{
	my ($table) = @_;
	# in no order: a topic has several partitions
	return join(' ', sort map { /^r (\w+) \{"id":(\d+)/ && $1 ne 'true' ? "$2 $1" : () }
		read_rows($broker, "n.public.$table"));
}
is(marked('k1'), '1 first', 'blocking: the first row of all');
is(marked('k2'), '1 first_in_data_collection 3000 last_in_data_collection',
	'blocking: those of a table of several chunks');
is(marked('k3'), '2 last_in_data_collection 3 first_in_data_collection',
	'blocking: those of a SELECT');
is(marked('k4'), '1 last', 'blocking: the last row of all');
my ($event) = grep { /"op":"r"/ } read_topic($broker, 'n.public.k4', '%s\n');
like($event, qr/"source":\{[^}]*"ts_ms":\d{13},.*"txId":\d+,/,
	'blocking: when and in what it was read');

# What was told.
$node->safe_psql($db, 'INSERT INTO a VALUES (6)');
wait_delivered($node, $db, 'n');
my %told;
foreach my $line (read_topic($broker, 'news', '%k %s\n'))
{
	my ($key, $value) = map { decode_json($_) } $line =~ /^(\{.*?\}) (\{.*\})$/;
	my $data = $value->{additional_data};

	is($key->{id}, $value->{id}, 'a notification');
	# that there was no initial one is told at each start
	is("$value->{aggregate_type} $data->{connector_name}",
		($value->{type} eq 'SKIPPED' || $value->{id} eq 's4' ? 'Initial' : 'Incremental')
		  . ' Snapshot n', 'of ours');
	push @{ $told{ $value->{id} } }, [ @{$value}{qw(timestamp type)}, $data ];
}
sub told
{
	my ($id, $type) = @_;
	return join(' ', map { $_->[2]{scanned_collection} // $_->[2]{data_collections} // '' }
		grep { $_->[1] eq $type } @{ $told{$id} });
}
is(told('s1', 'ABORTED'), 'public.a', 's1: aborted');
is(told('s1', 'RESUMED'), 'public.b', 's1: resumed');
is(told('s1', 'TABLE_SCAN_COMPLETED'), 'public.b', 's1: a table');
is(scalar(grep { $_->[1] eq 'COMPLETED' } @{ $told{s1} }), 1, 's1: completed');
is(join(' ', sort split / /, told('s2', 'TABLE_SCAN_COMPLETED')),
	'public.a public.c.d public.p1 public.p2', 's2: its tables');
like(slurp_file($node->logfile),
	qr/connector "n" notifies: Incremental Snapshot RESUMED, id "s1", connector_name "n", data_collections "public.b"/,
	'the log has them, too');
drop_connector($node, $db, 'n');

# Transforms are for notifications, too, as they are for heartbeats.
my %told_by_transforms = (
	'snapshot.mode' => 'initial', 'notification.enabled.channels' => 'sink',
	'notification.sink.topic.name' => 'plain', 'transforms' => 'rename',
	'transforms.rename.type' => 'RegexRouter',
	'transforms.rename.regex' => 'plain', 'transforms.rename.replacement' => 'routed');
create_connector($node, $db, 't', $broker, 'public.a', %told_by_transforms);
wait_state($node, $db, 't', 'streaming');
wait_delivered($node, $db, 't');
my %shape;
for (read_topic($broker, 'routed', '%k %s\n'))
{
	my ($key, $value) = map { decode_json($_) } /^(\{.*?\}) (\{.*\})$/;

	is_deeply([ sort keys %$value ],
		[ qw(additional_data aggregate_type id timestamp type) ], 'a notification');
	is($key->{id}, $value->{id}, 'and its key');
	$shape{ $value->{type} } = $value->{additional_data};
}
is_deeply($shape{TABLE_SCAN_COMPLETED}, { connector_name => 't',
		data_collections => 'public.a', scanned_collection => 'public.a',
		total_rows_scanned => '6', status => 'SUCCEEDED' },
	'what it says is whole');
is(scalar(read_topic($broker, 'plain')), 0, 'by the name that it is given');
drop_connector($node, $db, 't');
create_connector($node, $db, 'w', $broker, 'public.a', %told_by_transforms,
	'transforms.rename.regex' => '(x?)plain',
	'transforms.rename.replacement' => '$1',
	'event.processing.failure.handling.mode' => 'warn');
wait_state($node, $db, 'w', 'streaming');
like(slurp_file($node->logfile),
	qr/WARNING:  skipped a notification of connector "w" that could not be encoded/,
	'one that cannot be made is a matter of policy');
$node->safe_psql($db, q(SELECT wal2kafka.drop_connector('w')));
$node->stop;
stop_broker($broker);
done_testing();
