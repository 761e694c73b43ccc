# Rows that are there when a connector is made: all sorts of tables, each row
# once, with the markers that say where a table and the snapshot begin and end.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker(map { ('--topic', "$_:1") }
	  qw(s.s.Odd__na.me s.s.b_one s.s.c_three s.s.d_1 s.s.d_2 s.s.e_toasted
	  s.s.f_keyless one.public.one first.public.a first.public.b
	  root.s.d_part));
my $node = new_node('snapshot');
my $db = 'postgres';

# Beyond these the last one is empty, as the first one may be.
$node->safe_psql($db, q(
CREATE SCHEMA s;
CREATE TABLE s."Odd ""na.me" ("K y" int PRIMARY KEY, "dot.ted" text);
INSERT INTO s."Odd ""na.me" VALUES (1, 'a'), (2, 'b');
CREATE TABLE s.a_empty (id int PRIMARY KEY);
CREATE TABLE s.b_one (id int PRIMARY KEY);
INSERT INTO s.b_one VALUES (1);
CREATE TABLE s.c_three (id int PRIMARY KEY, v text);
INSERT INTO s.c_three VALUES (1, 'gone'), (2, 'two'), (3, 'three'),
	(4, 'before'), (5, 'gone as well');
DELETE FROM s.c_three WHERE id IN (1, 5);
UPDATE s.c_three SET v = 'after' WHERE id = 4;
CREATE TABLE s.d_part (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE s.d_1 PARTITION OF s.d_part FOR VALUES FROM (0) TO (10);
CREATE TABLE s.d_2 (v text, gone int, id int NOT NULL);
ALTER TABLE s.d_2 DROP COLUMN gone;
ALTER TABLE s.d_part ATTACH PARTITION s.d_2 FOR VALUES FROM (10) TO (20);
INSERT INTO s.d_part VALUES (1, 'x'), (2, 'y'), (11, 'z');
CREATE TABLE s.e_toasted (id int PRIMARY KEY, packed text, big text);
ALTER TABLE s.e_toasted ALTER big SET STORAGE EXTERNAL;
INSERT INTO s.e_toasted VALUES (1, repeat('p', 20000),
	(SELECT string_agg(md5(i::text), '') FROM generate_series(1, 500) i));
CREATE TABLE s.f_keyless (a int, b text);
INSERT INTO s.f_keyless VALUES (1, 'same'), (1, 'same');
CREATE TABLE s.z_empty (id int PRIMARY KEY);
));
create_connector($node, $db, 's', $broker, 's\\\\..*',
	'snapshot.mode' => 'initial');
wait_state($node, $db, 's', 'streaming');
$node->safe_psql($db, q(INSERT INTO s.c_three VALUES (6, 'new');
	INSERT INTO s.z_empty VALUES (1)));
wait_delivered($node, $db, 's');

sub is_topic
{
	my ($topic, $what, @expected) = @_;

	is_deeply([ read_rows($broker, $topic) ], \@expected, $what);
}

is_topic('s.s.Odd__na.me', 'odd names; the first row of all',
	'r first {"K y":1}', 'r last_in_data_collection {"K y":2}');
is_topic('s.s.b_one', 'a table of one row',
	'r last_in_data_collection {"id":1}');
is_topic('s.s.c_three', 'only rows that are there, then the stream',
	'r first_in_data_collection {"id":2}', 'r true {"id":3}',
	'r last_in_data_collection {"id":4}', 'c false {"id":6}');
is_topic('s.s.d_1', 'a partition',
	'r first_in_data_collection {"id":1}',
	'r last_in_data_collection {"id":2}');
is_topic('s.s.d_2', 'and another',
	'r last_in_data_collection {"id":11}');
is_topic('s.s.e_toasted', 'a row with long values',
	'r last_in_data_collection {"id":1}');
is_topic('s.s.f_keyless', 'rows without a key; the last row of all',
	'r first_in_data_collection ', 'r last ');
is_topic('s.s.z_empty', 'an empty table has no rows', 'c false {"id":1}');

my ($value) = read_topic($broker, 's.s.e_toasted', '%s\n');
like($value, qr/"packed":"p{20000}"/, 'a compressed value is whole');
my $md5s = $node->safe_psql($db, 'SELECT big FROM s.e_toasted');
like($value, qr/"big":"$md5s"/, 'and so is one out of line');
($value) = read_topic($broker, 's.s.d_2', '%s\n');
like($value, qr/"after":\{"v":"z","id":11\}/,
	'a partition has its own columns');
like($value, qr/"before":null,"after":.*"transaction":null,"op":"r"/,
	'an event of a read row');

is( $node->safe_psql($db, q(SELECT string_agg(format('%s.%s %s %s',
		schemaname, relname, state, rows_read), ', ' ORDER BY ordinal)
	FROM wal2kafka.connector_snapshot WHERE name = 's')),
	's.Odd "na.me done 2, s.a_empty done 0, s.b_one done 1, s.c_three done 3, '
	  . 's.d_1 done 2, s.d_2 done 1, s.e_toasted done 1, s.f_keyless done 2, '
	  . 's.z_empty done 0', 'what was read, in order');
is( $node->safe_psql($db, "SELECT snapshot FROM wal2kafka.connector_progress"),
	'completed', 'the snapshot is completed');
ok( $node->poll_query_until($db, "SELECT count(*) = 0 FROM pg_stat_activity
	WHERE backend_type LIKE 'wal2kafka snapshot%'"), 'no reader is left');
is( $node->safe_psql($db, "SELECT sum(total_reads)
	FROM wal2kafka.stat_connector_table WHERE name = 's'"),
	12, 'reads are counted');

# It is never read again.
$node->restart;
wait_state($node, $db, 's', 'streaming');
wait_delivered($node, $db, 's');
is(scalar(read_rows($broker, 's.s.c_three')),
	4, 'a restart reads nothing again');
drop_connector($node, $db, 's');

# A snapshot of one row, one that begins with such a table, and none.
$node->safe_psql($db, 'CREATE TABLE one (id int PRIMARY KEY);
	INSERT INTO one VALUES (1);
	CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1);
	CREATE TABLE b (id int PRIMARY KEY); INSERT INTO b VALUES (1), (2);
	CREATE TABLE nothing (id int PRIMARY KEY)');
create_connector($node, $db, 'one', $broker, 'public.one',
	'snapshot.mode' => 'initial');
create_connector($node, $db, 'first', $broker, 'public.a,public.b',
	'snapshot.mode' => 'initial');
create_connector($node, $db, 'none', $broker, 'public.nothing',
	'snapshot.mode' => 'initial');
create_connector($node, $db, 'root', $broker, 's.d_part',
	'snapshot.mode' => 'initial', 'publish.via.partition.root' => 'true');
foreach my $name (qw(one first none root))
{
	wait_state($node, $db, $name, 'streaming');
	wait_delivered($node, $db, $name);
}
is_topic('one.public.one', 'a snapshot of one row', 'r last {"id":1}');
is_topic('first.public.a', 'a first table of one row', 'r first {"id":1}');
is_topic('first.public.b', 'and the other',
	'r first_in_data_collection {"id":1}', 'r last {"id":2}');
is_topic('none.public.nothing', 'nothing to read');
is_deeply([ map { (split)[2] } read_rows($broker, 'root.s.d_part') ],
	[ '{"id":1}', '{"id":2}', '{"id":11}' ],
	'partitions as their root: each row once');

$node->stop;
stop_broker($broker);
done_testing();
