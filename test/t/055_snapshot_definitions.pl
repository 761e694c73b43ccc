# What tables are like when an initial snapshot reads them: a record for each
# one, before its rows, with include.schema.changes.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('definitions');
my $db = 'postgres';

$node->safe_psql($db, q(
	CREATE TYPE mood AS ENUM ('sad', 'ok');
	CREATE TABLE a (id int PRIMARY KEY, v text DEFAULT 'x', hidden int);
	INSERT INTO a SELECT i FROM generate_series(1, 20000) i;
	CREATE TABLE b (x int, m mood NOT NULL, PRIMARY KEY (m, x));
	CREATE TABLE parted (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
	CREATE TABLE part1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
	CREATE TABLE part2 PARTITION OF parted FOR VALUES FROM (10) TO (20);
	INSERT INTO parted SELECT i FROM generate_series(1, 12) i;
	CREATE TABLE other (id int PRIMARY KEY);
	CREATE PUBLICATION p FOR ALL TABLES WITH (publish_via_partition_root = true)));

# "table names: columns (key)", of the records that a jq-less test can read.
sub brief
{
	my ($record) = @_;
	my ($source, $change) = $record =~ /"source":(\{.*?\}),.*"tableChanges":(.*)\}$/;
	my $columns = join(',', $change =~ /\{"name":"(\w+)"/g);
	my ($key) = $change =~ /"primaryKeyColumnNames":(\[.*?\])/;
	my ($type, $id) = $change =~ /"type":"(\w+)","id":"(.*?)","table"/;
	my ($snapshot) = $source =~ /"snapshot":"(\w+)"/;

	$id =~ s/\\"//g;
	return join(' ', $type, $id, $columns, $key, $snapshot,
		$record =~ /"ddl":null/ ? 'no ddl' : 'ddl');
}

create_connector($node, $db, 'd', $broker, 'public.(a|b|parted)',
	'include.schema.changes' => 'true', 'snapshot.mode' => 'initial',
	'snapshot.max.threads' => '3', 'publication.name' => 'p',
	'column.exclude.list' => 'public.a.hidden');
wait_state($node, $db, 'd', 'streaming');
wait_snapshot($node, $db, 'd');
$node->safe_psql($db, 'ALTER TABLE a ADD w int');
wait_delivered($node, $db, 'd');

my @records = map { brief($_) } read_topic($broker, 'd', '%s\n');
is_deeply(\@records,
	[   'CREATE postgres.public.a id,v ["id"] true no ddl',
		'CREATE postgres.public.b x,m ["m","x"] true no ddl',
		'CREATE postgres.public.parted id,v ["id"] true no ddl',
		'ALTER postgres.public.a id,v,w ["id"] false ddl' ],
	'each table is told of once, and then what becomes of it');
my ($whole) = read_topic($broker, 'd', '%p %k %s\n');
like($whole, qr/^0 \{"databaseName":"postgres"\} /, 'with the topic\'s key');
like($whole, qr/"schema":"public","table":"a",/, 'and the table in source');
like((read_topic($broker, 'd', '%s\n'))[1], qr/"enumValues":\["sad","ok"\]/,
	'with the labels of an enum');
is(scalar(read_rows($broker, 'd.public.a')), 20000, 'rows are read');
is(scalar(read_rows($broker, 'd.public.parted')), 12, 'of partitions, too');

# In front of the rows: by the times at which the broker got them.
my ($told) = read_topic($broker, 'd', '%T\n');
my ($first) = read_topic($broker, 'd.public.a', '%T\n');
cmp_ok($told, '<=', $first, 'a table is told of before its rows');

# Rows that are read later are none of a new table.
$node->safe_psql($db, "SELECT wal2kafka.start_snapshot('d', '{b}')");
wait_snapshot($node, $db, 'd');
wait_delivered($node, $db, 'd');
is(scalar(read_topic($broker, 'd', '%s\n')), 4,
	'an incremental snapshot tells of none');
drop_connector($node, $db, 'd');

# A worker that is killed meanwhile tells again of what it has not sent.
$node->safe_psql($db, 'INSERT INTO b VALUES (1, \'ok\')');
create_connector($node, $db, 'k', $broker, 'public.(a|b)',
	'include.schema.changes' => 'true', 'snapshot.mode' => 'initial',
	'snapshot.max.rows.per.second' => '4000');
wait_reading($node, $db, 'k');
my $pid = $node->safe_psql($db,
	"SELECT sender_pid FROM wal2kafka.connectors WHERE name = 'k'");
kill 'KILL', $pid;
wait_snapshot($node, $db, 'k');
wait_state($node, $db, 'k', 'streaming');
@records = map { brief($_) } read_topic($broker, 'k', '%s\n');
is_deeply([ map { (split ' ')[1] } @records ],
	[ 'postgres.public.a', 'postgres.public.b' ],
	'what was sent is not sent again, and the rest is');
drop_connector($node, $db, 'k');

# Through transforms, and not where nobody asked.
create_connector($node, $db, 't', $broker, 'public.b',
	'include.schema.changes' => 'true', 'snapshot.mode' => 'initial',
	'transforms' => 'r', 'transforms.r.type' => 'org.apache.kafka.connect.transforms.RegexRouter',
	'transforms.r.regex' => 't', 'transforms.r.replacement' => 'ddl_of_t');
wait_snapshot($node, $db, 't');
wait_state($node, $db, 't', 'streaming');
is(scalar(read_topic($broker, 'ddl_of_t', '%s\n')), 1, 'they are transformed');
drop_connector($node, $db, 't');
create_connector($node, $db, 'n', $broker, 'public.b',
	'snapshot.mode' => 'initial');
wait_snapshot($node, $db, 'n');
wait_state($node, $db, 'n', 'streaming');
is(scalar(read_topic($broker, 'n', '%s\n')), 0, 'nothing where it is off');

$node->stop;
stop_broker($broker);
done_testing();
