# A table that a configuration adds is captured from the commit on that adds
# it, even when the worker does not hear of it in time.
use strict;
use warnings;

use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('order');
my $db = 'postgres';

$node->safe_psql($db, 'CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY)');
create_connector($node, $db, 'o', $broker, 'public.a');
wait_state($node, $db, 'o', 'streaming');
my ($worker) = pids_of($node, $db, 'o');

# The launcher, which would tell the worker, is held.
my $launcher = $node->safe_psql($db, q(SELECT pid FROM pg_stat_activity
	WHERE backend_type = 'wal2kafka launcher'));
kill 'STOP', $launcher;
my $offset = -s $node->logfile;
$node->safe_psql($db, 'INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)');
$node->safe_psql($db, q(BEGIN;
INSERT INTO a VALUES (2);
SELECT wal2kafka.patch_connector('o',
	'{"table.include.list": "public.a,public.b"}');
INSERT INTO b VALUES (2);
COMMIT));
$node->safe_psql($db, 'INSERT INTO b VALUES (3); INSERT INTO c VALUES (3)');
$node->wait_for_log(qr/connector "o" takes up another configuration/,
	$offset);
kill 'CONT', $launcher;

ok( $node->poll_query_until($db,
		"SELECT state = 'streaming' AND pid <> $worker "
		  . "FROM wal2kafka.connectors"),
	'another worker has taken over');
wait_delivered($node, $db, 'o');
# What that transaction had sent before is sent again with it.
like(
	join(' ', sort(read_topic($broker, 'o.public.a'))),
	qr/^\{"id":1\}( \{"id":2\}){1,2}$/,
	'the table that was captured all along');
is(join(' ', sort(read_topic($broker, 'o.public.b'))),
	'{"id":2} {"id":3}', 'and the one that is captured since');

# Without a change of the configuration nothing begins anew.
($worker) = pids_of($node, $db, 'o');
$node->safe_psql($db, q(SELECT wal2kafka.create_connector('other',
	'{"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data",
	"table.include.list": "public.c"}');
INSERT INTO b VALUES (4)));
$node->safe_psql($db, q(SELECT wal2kafka.patch_connector('other',
	'{"producer.override.linger.ms": "1"}')));
$node->safe_psql($db, 'INSERT INTO b VALUES (5)');
wait_delivered($node, $db, 'o');
is((pids_of($node, $db, 'o'))[0],
	$worker, 'another connector\'s configuration is not ours');
is(join(' ', sort(read_topic($broker, 'o.public.b'))),
	'{"id":2} {"id":3} {"id":4} {"id":5}', 'nothing is missing or repeated');

# A record whose acknowledgement comes with the change, while the worker sleeps.
($worker, my $sender) = pids_of($node, $db, 'o');
kill 'STOP', $sender;
$node->safe_psql($db, 'INSERT INTO b VALUES (6)');
my $lsn = $node->safe_psql($db, 'SELECT pg_current_wal_lsn()');
ok( $node->poll_query_until($db, "SELECT read_lsn >= '$lsn'
	FROM wal2kafka.stat_connector WHERE name = 'o'"), 'a change is read');
sleep 1;
kill 'STOP', $worker;
kill 'CONT', $sender;
for (1 .. 1000)
{
	last if grep { /6/ } read_topic($broker, 'o.public.b');
}
sleep 1;
$node->safe_psql($db, q(SELECT wal2kafka.patch_connector('o',
	'{"table.include.list": "public.a,public.b,public.c"}')));
kill 'CONT', $worker;
wait_state($node, $db, 'o', 'streaming');
$node->safe_psql($db, 'INSERT INTO b VALUES (7)');
wait_delivered($node, $db, 'o');
is( join(' ', sort(read_topic($broker, 'o.public.b'))),
	join(' ', map { qq({"id":$_}) } 2 .. 7),
	'what was acknowledged is not sent again');

$node->stop;
stop_broker($broker);
done_testing();
