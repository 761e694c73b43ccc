# The initial snapshot: existing rows, with their markers, in order, once; and
# then the changes that were made since.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('snapshot');
my $db = 'postgres';

$node->safe_psql($db, q(
CREATE TABLE a (id int PRIMARY KEY, t text);
CREATE TABLE b (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY);
CREATE TABLE "d-Odd Näme" ("k y" int PRIMARY KEY);
INSERT INTO a SELECT g, repeat('x', 5000) || md5(g::text) FROM generate_series(1, 3) g;
UPDATE a SET t = t || '!' WHERE id = 2;
INSERT INTO c VALUES (1);
INSERT INTO "d-Odd Näme" VALUES (7), (8);
));
create_connector($node, $db, 's', $broker, 'public[.].*', 'snapshot.mode' => 'initial');
wait_state($node, $db, 's', 'streaming');
$node->safe_psql($db, "INSERT INTO a VALUES (4, 'new'); UPDATE c SET id = 1");
wait_delivered($node, $db, 's');

sub records
{
	my ($topic) = @_;
	my @found;

	foreach my $line (read_topic($broker, $topic, '%s\n'))
	{
		my ($op) = $line =~ /"op":"(.)"/;
		my ($marker) = $line =~ /"snapshot":"?(\w+)"?/;
		push @found, "$op $marker";
	}
	# there may be several partitions
	return [ sort @found ];
}

is_deeply(records('s.public.a'),
	[ 'c false', 'r first', 'r last_in_data_collection', 'r true' ], 'a table');
is_deeply(records('s.public.c'),
	[ 'r last_in_data_collection', 'u false' ], 'a table of one row');
is_deeply(records('s.public.d-Odd_N_me'),
	[ 'r first_in_data_collection', 'r last' ], 'odd names');
is($node->safe_psql($db,
		q(SELECT relname, state, rows_read FROM wal2kafka.connector_snapshot ORDER BY ordinal)),
	"a|done|3\nb|done|0\nc|done|1\nd-Odd Näme|done|2", 'what is written down');
is($node->safe_psql($db, 'SELECT snapshot FROM wal2kafka.connector_progress'),
	'completed', 'it is complete');

$node->stop;
stop_broker($broker);
done_testing();
