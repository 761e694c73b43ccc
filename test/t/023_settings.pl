# What ALTER DATABASE, pg_ctl reload and hands in our tables can do to a
# connector.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('settings',
	conf => "wal2kafka.bootstrap_servers = '$broker->{address}'\n");
my $db = 'shop';

# Settings of a database are for its clients.
$node->safe_psql('postgres', q(
CREATE ROLE nobody;
CREATE DATABASE shop));
$node->safe_psql($db, 'CREATE EXTENSION wal2kafka;
CREATE TABLE a (id int PRIMARY KEY)');
$node->safe_psql($db, q(
ALTER DATABASE shop SET role = 'nobody';
ALTER DATABASE shop SET default_transaction_read_only = on;
ALTER DATABASE shop SET search_path = 'nowhere';
ALTER DATABASE shop SET statement_timeout = 1;
SELECT wal2kafka.create_connector('s', '{"snapshot.mode": "no_data",
	"table.include.list": "public.a", "producer.override.linger.ms": "1",
	"producer.override.client.id": "${file:/nowhere:x}"}')));
$node->safe_psql('postgres', 'ALTER DATABASE shop RESET ALL');
wait_state($node, $db, 's', 'failed');
like($node->safe_psql($db, 'SELECT last_error FROM wal2kafka.connectors'),
	qr/nowhere/, 'a file of secrets that is not there');

# A file that is there, then is not, then says something else.
my $file = $node->data_dir . '/secrets';
append_to_file($file, "x=one\n");
$node->safe_psql($db, qq(SELECT wal2kafka.patch_connector('s',
	'{"producer.override.client.id": "\${file:$file:x}"}')));
wait_state($node, $db, 's', 'streaming');
my ($worker) = pids_of($node, $db, 's');
my $offset = -s $node->logfile;
unlink $file;
$node->reload;
$node->wait_for_log(qr/connector "s" goes on with the settings it has/,
	$offset);
$node->safe_psql($db, 'INSERT INTO a VALUES (1)');
wait_delivered($node, $db, 's');
is((pids_of($node, $db, 's'))[0], $worker, 'nothing is restarted for that');
append_to_file($file, "x=one\n");
$node->reload;
$node->safe_psql($db, 'INSERT INTO a VALUES (2)');
wait_delivered($node, $db, 's');
is((pids_of($node, $db, 's'))[0], $worker, 'nor for the same again');
unlink $file;
append_to_file($file, "x=two\n");
$node->reload;
ok( $node->poll_query_until($db,
		"SELECT pid <> $worker FROM wal2kafka.connectors "
		  . "WHERE state = 'streaming'"),
	'another secret is given to a new sender');
$node->safe_psql($db, 'INSERT INTO a VALUES (3)');
wait_delivered($node, $db, 's');
is_deeply([ sort(read_topic($broker, 's.public.a')) ],
	[ '{"id":1}', '{"id":2}', '{"id":3}' ], 'nothing is sent twice');

# Other brokers, by the server's own setting.
my $other = start_broker();
($worker) = pids_of($node, $db, 's');
$node->append_conf('postgresql.conf',
	"wal2kafka.bootstrap_servers = '$other->{address}'\n");
$node->reload;
ok( $node->poll_query_until($db,
		"SELECT pid <> $worker FROM wal2kafka.connectors "
		  . "WHERE state = 'streaming'"),
	'the worker begins again');
$node->safe_psql($db, 'INSERT INTO a VALUES (4)');
wait_delivered($node, $db, 's');
is_deeply([ read_topic($other, 's.public.a') ], ['{"id":4}'],
	'and sends to the other brokers');

# Ended by an administrator: it comes back, not in a tight loop.
($worker) = pids_of($node, $db, 's');
is( $node->safe_psql($db, "SELECT pg_terminate_backend($worker, 5000)"),
	't', 'a worker can be terminated');
wait_state($node, $db, 's', 'streaming');

# A row deleted by hand: the slot is left, and that is said.
$offset = -s $node->logfile;
$node->safe_psql($db, "DELETE FROM wal2kafka.connector WHERE name = 's'");
$node->wait_for_log(qr/connector "s" is gone, but its replication slot/,
	$offset);
$node->safe_psql($db, 'INSERT INTO a VALUES (5)');
$node->safe_psql($db, q(SELECT wal2kafka.create_connector('s',
	'{"snapshot.mode": "no_data", "table.include.list": "public.a"}')));
wait_state($node, $db, 's', 'streaming');
wait_delivered($node, $db, 's');
is_deeply(
	[ sort(read_topic($other, 's.public.a')) ],
	[ '{"id":4}', '{"id":5}' ],
	'made again, it goes on from there');

$node->stop;
stop_broker($broker);
stop_broker($other);
done_testing();
