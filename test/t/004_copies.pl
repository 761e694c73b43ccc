# A copy of a database never writes to the original's topics by itself:
# templates, dumps, standbys.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Wal2Kafka;

my $broker = start_broker('--topic', 'copies.public.t:1');
my $node = new_node('original');

$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql('shop', 'CREATE EXTENSION wal2kafka;
	CREATE TABLE t (id int PRIMARY KEY)');
create_connector($node, 'shop', 'copies', $broker, 'public.t');
wait_state($node, 'shop', 'copies', 'streaming');
$node->safe_psql('shop', 'INSERT INTO t VALUES (1)');
wait_delivered($node, 'shop', 'copies');

# A standby waits; see 005 for its promotion.
my $backup = $node->backup('b');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'b', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is( $standby->safe_psql('shop', 'SELECT state FROM wal2kafka.connectors'),
	'standby', 'a standby says so');
(undef, undef, my $err) = $standby->psql('shop',
	"SELECT wal2kafka.pause_connector('copies')");
like($err, qr/ERROR/, 'and takes no commands');

# A template: the connector has to let go of the database first.
$node->safe_psql('shop', "SELECT wal2kafka.stop_connector('copies')");
wait_state($node, 'shop', 'copies', 'stopped');
$node->safe_psql('postgres', 'CREATE DATABASE clone TEMPLATE shop');
$node->safe_psql('shop', "SELECT wal2kafka.resume_connector('copies')");
wait_state($node, 'shop', 'copies', 'streaming');
wait_state($node, 'clone', 'copies', 'stopped');

# A dump: the intent is in it, the facts are not.
$node->safe_psql('postgres', 'CREATE DATABASE restored');
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '-d', $node->connstr('shop'), '-f', $dump ],
	'pg_dump');
$node->command_ok(
	[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d',
		$node->connstr('restored'), '-f', $dump ],
	'restored into another database');
is( $node->safe_psql('restored',
		'SELECT name, state FROM wal2kafka.connectors'),
	'copies|stopped', 'a restored connector is stopped');
is( $node->safe_psql('restored',
		'SELECT count(*) FROM wal2kafka.connector_progress'),
	0, 'and has no progress');

foreach my $copy (qw(clone restored))
{
	$node->safe_psql($copy, 'INSERT INTO t VALUES (1000)');
}
$node->restart;
wait_state($node, 'shop', 'copies', 'streaming');
$node->safe_psql('shop', 'INSERT INTO t VALUES (2)');
wait_delivered($node, 'shop', 'copies');
is_deeply([ read_topic($broker, 'copies.public.t') ],
	[ '{"id":1}', '{"id":2}' ], 'the copies wrote nothing');
is( $node->safe_psql('clone', 'SELECT state FROM wal2kafka.connectors'),
	'stopped', 'not even after a restart');

# Told to, a copy starts with a slot of its own.
$node->safe_psql('restored', qq(
	SELECT wal2kafka.patch_connector('copies',
	'{"topic.prefix": "copy"}');
	SELECT wal2kafka.resume_connector('copies')));
wait_state($node, 'restored', 'copies', 'streaming');
$node->safe_psql('restored', 'INSERT INTO t VALUES (1001)');
wait_delivered($node, 'restored', 'copies');
is_deeply([ read_topic($broker, 'copy.public.t') ],
	['{"id":1001}'], 'resumed, a copy begins at its own present');

# Promoted without the slot, the standby's connector says what is missing.
$node->stop('immediate');
$standby->promote;
wait_state($standby, 'shop', 'copies', 'failed');
like( $standby->safe_psql('shop',
		'SELECT last_error FROM wal2kafka.connectors'),
	qr/slot/, 'promotion without the slot is an error in words');

$standby->stop;
stop_broker($broker);
done_testing();
