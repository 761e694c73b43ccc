# Rows read while changes flow: by function and by signal, some of a table,
# held up and gone on, given up.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use Wal2Kafka;

my $broker = start_broker(
	map { ('--topic', "i.public.$_:1") } qw(a b big keyless part_1 part_2 tall));
my $node = new_node('incremental');
my $db = 'postgres';
my $rows = 30000;

$node->safe_psql($db, "CREATE TABLE a (id int PRIMARY KEY, color text);
	INSERT INTO a VALUES (1, 'red'), (2, 'blue'), (3, 'red');
	CREATE TABLE b (id int PRIMARY KEY);
	CREATE TABLE keyless (id int, v text);
	ALTER TABLE keyless REPLICA IDENTITY FULL;
	INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (2, 'y');
	CREATE TABLE part (id int PRIMARY KEY) PARTITION BY RANGE (id);
	CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10);
	CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (10) TO (20);
	INSERT INTO part VALUES (1), (11);
	CREATE TABLE uncaptured (id int PRIMARY KEY);
	CREATE TABLE big (id int PRIMARY KEY, v int);
	INSERT INTO big SELECT i, i FROM generate_series(1, $rows) i");
create_connector($node, $db, 'i', $broker,
	'public.(a|b|big|keyless|part.*|later|tall)',
	'snapshot.max.rows.per.second' => 8000);
wait_state($node, $db, 'i', 'streaming');

sub call
{
	my ($sql) = @_;
	return $node->safe_psql($db, "SELECT wal2kafka.$sql");
}

# What the newest snapshot's tables have come to.
sub outcome
{
	return $node->safe_psql($db, q(
SELECT string_agg(relname || ' ' || state, ', ' ORDER BY ordinal)
FROM wal2kafka.connector_snapshot s WHERE snapshot_id =
	(SELECT max(snapshot_id) FROM wal2kafka.connector_snapshot)));
}

sub taken_up
{
	ok( $node->poll_query_until($db,
			'SELECT count(*) = 0 FROM wal2kafka.connector_signal'),
		'signals are taken up');
}

sub read_all
{
	taken_up();
	wait_snapshot($node, $db, 'i');
	wait_delivered($node, $db, 'i');
}

# By function, while its rows change.
call(q(start_snapshot('i', '{a,b,keyless,part}')));
read_all();
is_deeply([ read_rows($broker, 'i.public.a') ],
	[ map { qq(r incremental {"id":$_}) } 1 .. 3 ], 'a table by function');
is_deeply([ read_rows($broker, 'i.public.keyless') ],
	[ ('r incremental ') x 3 ], 'a table without a key');
is_deeply([ map { read_rows($broker, "i.public.part_$_") } 1, 2 ],
	[ 'r incremental {"id":1}', 'r incremental {"id":11}' ],
	'partitions of a table');
is_deeply([ read_rows($broker, 'i.public.b') ], [], 'an empty table');
like((read_topic($broker, 'i.public.a', '%s\n'))[0],
	qr/"txId":null,"lsn":null,/, 'a read row has no place in the WAL');
is(outcome(), 'a done, b done, keyless done, part_1 done, part_2 done',
	'what was read');

# Some of its rows.
call(q(start_snapshot('i', '{a}', $$color = 'blue'$$)));
read_all();
is_deeply([ (read_rows($broker, 'i.public.a'))[ 3 .. 3 ] ],
	['r incremental {"id":2}'], 'only the rows of a filter');
is(scalar(read_rows($broker, 'i.public.a')), 4, 'and no others');
call(q(signal('i', 'execute-snapshot', '{"data-collections": ["public.a"],
	"type": "INCREMENTAL", "additional-conditions":
	[{"data-collection": "public.a", "filter": "color = ''red'' AND id > 1"}]}')));
read_all();
is((read_rows($broker, 'i.public.a'))[4],
	'r incremental {"id":3}', 'a condition of a signal');
is(scalar(read_rows($broker, 'i.public.a')), 5, 'and no others');

# A filter that is wrong, or does more than look: refused or in words.
my ($code, $out, $err) = $node->psql($db,
	"SELECT wal2kafka.start_snapshot('i', '{a}', 'nonsense here')");
unless ($code)
{
	read_all();
	is(outcome(), 'a failed', 'a wrong filter fails its table');
}
ok($code || $node->safe_psql($db, q(SELECT error FROM
	wal2kafka.connector_snapshot WHERE state = 'failed')) =~ /nonsense|syntax/,
	'a wrong filter is an error in words');
$node->safe_psql($db, "SELECT wal2kafka.start_snapshot('i', '{a}',
	'(SELECT 1/0) = 1')");
read_all();
is(outcome(), 'a failed', 'a filter that fails at run time');
wait_state($node, $db, 'i', 'streaming');

# Held up and gone on.
call(q(start_snapshot('i', '{big}')));
wait_reading($node, $db, 'i');
call(q(signal('i', 'pause-snapshot')));
taken_up();
my $before = settled_rows($broker, 'i.public.big');
$node->safe_psql($db, 'INSERT INTO a VALUES (50)');
wait_delivered($node, $db, 'i');
is((read_rows($broker, 'i.public.a'))[-1],
	'c false {"id":50}', 'a paused snapshot does not hold up changes');
is(scalar(read_rows($broker, 'i.public.big')),
	$before, 'and reads nothing');
cmp_ok($before, '<', $rows, 'it was in the middle');

# Paused it stays over a restart.
$node->restart;
wait_state($node, $db, 'i', 'streaming');
sleep 1;
is(scalar(read_rows($broker, 'i.public.big')),
	$before, 'after a restart it is still paused');
$node->safe_psql($db, "UPDATE big SET v = -1 WHERE id IN (1, $rows);
	DELETE FROM big WHERE id = $rows - 1");
call(q(signal('i', 'resume-snapshot')));
read_all();
my (%last, %reads);
foreach (read_rows($broker, 'i.public.big'))
{
	my ($op, $key) = (split)[ 0, -1 ];

	$reads{$key}++ if $op eq 'r';
	$last{$key} = $op;
}
my $last_read = sprintf '{"id":%d}', $rows - 1;
is(scalar(grep { $_ ne 'x' } values %last), $rows - 1, 'every row is there');
is($last{$last_read}, 'x', 'and none that is gone');
cmp_ok(scalar(grep { $_ > 1 } values %reads),
	'<', $rows / 2, 'a restart does not begin anew');

# Given up: at once.
call(q(start_snapshot('i', '{big,keyless}')));
wait_reading($node, $db, 'i');
my ($asked) = split /\n/, $node->safe_psql($db, q(SELECT clock_timestamp();
	SELECT wal2kafka.signal('i', 'stop-snapshot', '{"type": "incremental"}')));
ok( $node->poll_query_until($db, "SELECT count(*) = 0
	FROM wal2kafka.stat_snapshot WHERE state IN ('waiting', 'reading')"),
	'a snapshot is stopped');
cmp_ok($node->safe_psql($db, "SELECT extract(epoch FROM max(finish_time) -
	timestamptz '$asked') FROM wal2kafka.stat_snapshot"), '<', 1, 'at once');
is(outcome(), 'big stopped, keyless stopped', 'and says so');
$before = read_rows($broker, 'i.public.big');
wait_delivered($node, $db, 'i');
sleep 1;
cmp_ok(read_rows($broker, 'i.public.big') - $before,
	'<', 20000, 'nothing more is read');
# One table of it only.
call(q(start_snapshot('i', '{big,keyless}')));
wait_reading($node, $db, 'i');
call(q(signal('i', 'stop-snapshot',
	'{"data-collections": ["public.big"], "type": "incremental"}')));
read_all();
is(outcome(), 'big stopped, keyless done', 'one table is given up');

# Dropped, truncated, rewritten while it waits or is read.
$node->safe_psql($db, 'CREATE TABLE later (id int PRIMARY KEY);
	INSERT INTO later VALUES (1)');
call(q(start_snapshot('i', '{big,keyless,later}')));
wait_reading($node, $db, 'i');
$node->safe_psql($db, 'DROP TABLE later');
read_all();
is(outcome(), 'big done, keyless done, later skipped', 'dropped while it waits');
call(q(start_snapshot('i', '{big,keyless}')));
wait_reading($node, $db, 'i');
$node->safe_psql($db, "SET lock_timeout = '5s'; TRUNCATE big;
	INSERT INTO big VALUES (-5, 0)");
read_all();
is(outcome(), 'big done, keyless done', 'truncated while it is read');
%last = ();
$last{ (split)[-1] } = (split)[0] for read_rows($broker, 'i.public.big');
ok(exists $last{'{"id":-5}'}, 'and what it has now is there');
$node->safe_psql($db, "INSERT INTO big SELECT i, i
	FROM generate_series(1, $rows) i");
wait_delivered($node, $db, 'i');
call(q(start_snapshot('i', '{big}')));
wait_reading($node, $db, 'i');
$node->safe_psql($db, "SET lock_timeout = '5s';
	ALTER TABLE big ALTER v TYPE text");
read_all();
is(outcome(), 'big done', 'rewritten while it is read');
like((read_topic($broker, 'i.public.big', '%s\n'))[-1],
	qr/"v":"/, 'then of the new type');

# What an update leaves out of line is not in the stream.  A row that it moves
# away before it is read has to be told whole all the same.
$node->safe_psql($db, "CREATE TABLE tall (id int PRIMARY KEY, n int, v text);
	ALTER TABLE tall ALTER v SET STORAGE EXTERNAL");
$node->safe_psql($db, "SELECT wal2kafka.stop_connector('i');");
wait_state($node, $db, 'i', 'stopped');
$node->safe_psql($db, "INSERT INTO tall SELECT i, 0, repeat(md5(i::text), 80)
	FROM generate_series(1, 6000) i;
	DELETE FROM tall WHERE id <= 1000;
	SELECT pg_replication_slot_advance(slot_name, pg_current_wal_lsn())
	FROM wal2kafka.connectors;
	SELECT wal2kafka.patch_connector('i', '{\"snapshot.max.rows.per.second\":
		\"2000\"}');
	SELECT wal2kafka.resume_connector('i')");
wait_state($node, $db, 'i', 'streaming');
$node->safe_psql($db, 'VACUUM tall');
call(q(start_snapshot('i', '{tall}')));
wait_reading($node, $db, 'i', 10);
$node->safe_psql($db, 'UPDATE tall SET n = 1 WHERE id > 5900');
read_all();
my %whole;
foreach (read_topic($broker, 'i.public.tall', '%k\t%s\n'))
{
	my ($key, $row) = split /\t/, $_, 2;

	$whole{$key} = 1 if $row =~ /"v":"[0-9a-f]{2560}"/;
}
cmp_ok($node->safe_psql($db, "SELECT count(*) FROM tall
	WHERE ctid < '(8,1)' AND id > 5900"), '>', 0, 'rows have moved to the front');
is(scalar(keys %whole), 5000, 'values out of line of rows that moved');

# What is not captured, and what does not exist.
foreach my $table (qw(uncaptured wal2kafka.connector))
{
	($code, $out, $err) = $node->psql($db,
		"SELECT wal2kafka.start_snapshot('i', '{$table}')");
	like($err, qr/ERROR:  connector "i" does not capture table/,
		"$table cannot be read: " . ($err =~ /(ERROR.*)/)[0]);
}
($code, $out, $err) = $node->psql($db,
	"SELECT wal2kafka.start_snapshot('nobody', '{a}')");
like($err, qr/connector "nobody" does not exist/, 'nor by another connector');

# Nothing of it pins the horizon for longer than a chunk.
call(q(start_snapshot('i', '{big}')));
wait_reading($node, $db, 'i');
my $xid = $node->safe_psql($db, 'SELECT txid_current()');
ok( $node->poll_query_until($db, "SELECT bool_and(coalesce(
	backend_xmin::text::int8, $xid) >= $xid) FROM pg_stat_activity
	WHERE backend_type LIKE 'wal2kafka%' AND (SELECT count(*) > 0
	FROM wal2kafka.connector_snapshot WHERE state = 'reading')"),
	'the horizon moves on while it reads');
read_all();

$node->stop;
stop_broker($broker);
done_testing();
