# More connectors than wal2kafka.max_connectors allows: the one too many says
# so, and begins when another one goes.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker();
my $node = new_node('many', conf => "wal2kafka.max_connectors = 1\n");
my $db = 'postgres';

$node->safe_psql($db, 'CREATE TABLE a (id int PRIMARY KEY)');
create_connector($node, $db, 'one', $broker, 'public.a');
wait_state($node, $db, 'one', 'streaming');
create_connector($node, $db, 'two', $broker, 'public.a');
ok( $node->poll_query_until($db, q(SELECT state = 'starting' AND last_error
	LIKE '%as wal2kafka.max_connectors allows: increase it%'
	FROM wal2kafka.connectors WHERE name = 'two')), 'it says why');
is($node->safe_psql($db, q(SELECT state, last_error IS NULL
	FROM wal2kafka.connectors WHERE name = 'one')), 'streaming|t',
	'the other one goes on');

drop_connector($node, $db, 'one');
wait_state($node, $db, 'two', 'streaming');
is($node->safe_psql($db, q(SELECT last_error IS NULL
	FROM wal2kafka.connectors)), 't', 'and no longer');
drop_connector($node, $db, 'two');
$node->stop;
stop_broker($broker);
done_testing();
