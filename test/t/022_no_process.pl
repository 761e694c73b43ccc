# Not enough processes or slots for all: the view says which setting, and
# orders get through, for they may be what makes room.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('no_process');
my $db = 'postgres';

sub wait_error
{
	my ($name, $what) = @_;

	ok( $node->poll_query_until($db,
			"SELECT last_error LIKE '%$what%' FROM wal2kafka.connectors "
			  . "WHERE name = '$name'"),
		"$name says $what");
}

$node->safe_psql($db, 'CREATE TABLE a (id int PRIMARY KEY)');
create_connector($node, $db, 'first', $broker, 'public.a');
wait_state($node, $db, 'first', 'streaming');

# The launcher, the server's own for subscriptions, and one for us.
$node->append_conf('postgresql.conf', "max_worker_processes = 3\n");
$node->restart;
wait_state($node, $db, 'first', 'streaming');
create_connector($node, $db, 'second', $broker, 'public.a');
wait_error('second', 'max_worker_processes');
$node->safe_psql($db, "SELECT wal2kafka.stop_connector('first')");
$node->safe_psql($db, "SELECT wal2kafka.stop_connector('second')");
ok( $node->poll_query_until($db,
		"SELECT count(*) = 0 FROM pg_stat_activity "
		  . "WHERE backend_type = 'wal2kafka connector'"),
	'both stop');
$node->safe_psql($db, "SELECT wal2kafka.drop_connector('first')");
ok( $node->poll_query_until($db,
		"SELECT count(*) = 0 FROM wal2kafka.connectors "
		  . "WHERE name = 'first'"),
	'and one is dropped');
$node->safe_psql($db, "SELECT wal2kafka.resume_connector('second')");
wait_state($node, $db, 'second', 'streaming');

# With a worker in every place.
$node->safe_psql($db, "SELECT wal2kafka.drop_connector('second')");
ok($node->poll_query_until($db,
	'SELECT count(*) = 0 FROM wal2kafka.connectors'), 'dropped');

$node->append_conf('postgresql.conf',
	"max_worker_processes = 8\nmax_replication_slots = 1\n");
$node->restart;
create_connector($node, $db, 'first', $broker, 'public.a');
wait_state($node, $db, 'first', 'streaming');
create_connector($node, $db, 'second', $broker, 'public.a');
wait_error('second', 'max_replication_slots');
$node->safe_psql($db, "SELECT wal2kafka.drop_connector('first')");
wait_state($node, $db, 'second', 'streaming');

$node->stop;
stop_broker($broker);
done_testing();
