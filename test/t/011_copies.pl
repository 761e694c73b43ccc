# A copy of a database never writes to the topics of the original by itself:
# a restored dump, a database made from a template, a standby.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', qq(
shared_preload_libraries = 'wal2kafka'
max_worker_processes = 16
));
$node->start;

my $rows = 'SELECT name, state, desired_state, slot_name, last_error LIKE $$%copy of a connector%$$ FROM wal2kafka.connectors';

$node->safe_psql('postgres', 'CREATE DATABASE original');
$node->safe_psql(
	'original', q(
CREATE EXTENSION wal2kafka;
CREATE ROLE keeper IN ROLE wal2kafka_admin;
SELECT wal2kafka.create_connector(
	'{"name": "c", "initial_state": "PAUSED",
	  "config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data"}}');
SELECT wal2kafka.alter_connector_owner('c', 'keeper');
));
is( $node->safe_psql(
		'original', "SELECT wal2kafka.wait_for_connector('c', 'paused')"),
	't', 'the original runs');

# A dump takes the connector along, with its owner and its secrets, and not
# what only the original's slot knows.
my $dump = $node->backup_dir . '/original.sql';
mkdir $node->backup_dir;
$node->command_ok([ 'pg_dump', '-d', $node->connstr('original'), '-f', $dump ],
	'dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok(
	[
		'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d',
		$node->connstr('restored'), '-f', $dump
	],
	'restore');
is($node->safe_psql('restored', $rows),
	'c|stopped|paused||t', 'a restored connector is stopped and says why');
is( $node->safe_psql(
		'restored', 'SELECT owner, config ->> $$snapshot.mode$$ FROM wal2kafka.connector'),
	'keeper|no_data', '... and is complete');
is( $node->safe_psql(
		'restored', 'SELECT count(*) FROM wal2kafka.connector_progress'),
	0, '... without the progress of the original');
is( $node->safe_psql(
		'original', 'SELECT tgenabled FROM pg_trigger WHERE tgname = $$connector_changed$$'),
	'A', 'the trigger is what it was');
is( $node->safe_psql(
		'restored', 'SELECT tgenabled FROM pg_trigger WHERE tgname = $$connector_changed$$'),
	'A', '... and is that in the copy');
is( $node->safe_psql('restored', 'SELECT count(*) FROM pg_replication_slots'),
	1, 'it has made no slot');

# Made this database's own.
$node->safe_psql('restored',
	"BEGIN; SELECT wal2kafka.resume_connector('c'); SELECT wal2kafka.pause_connector('c'); COMMIT");
is( $node->safe_psql(
		'restored', "SELECT wal2kafka.wait_for_connector('c', 'paused')"),
	't', 'resume_connector makes it this one\'s');
is($node->safe_psql('restored', $rows),
	'c|paused|paused|wal2kafka_restored_c|', '... with a slot of its own');

# From a template, progress and all.  The worker must let go of the template
# first, that is the server's rule.
$node->safe_psql('original', "SELECT wal2kafka.stop_connector('c')");
$node->safe_psql('original',
	"SELECT wal2kafka.wait_for_connector('c', 'stopped')");
$node->safe_psql('postgres', 'CREATE DATABASE cloned TEMPLATE original');
is($node->safe_psql('cloned', $rows),
	'c|stopped|stopped||t', 'a clone\'s connector is stopped and says why');
is( $node->safe_psql(
		'cloned', 'SELECT count(*) FROM wal2kafka.connector_progress'),
	1, 'it has the progress of the original');
$node->safe_psql('cloned', "SELECT wal2kafka.drop_connector('c')");
is($node->safe_psql('cloned', 'SELECT count(*) FROM wal2kafka.connectors'),
	0, 'dropped at once');
is( $node->safe_psql(
		'original',
		"SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'wal2kafka_original_c'"),
	1,
	'... the slot of the original is not touched');

# On a standby the views work and nothing else does.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
is( $standby->safe_psql('restored', 'SELECT name, state FROM wal2kafka.connectors'),
	'c|standby', 'the view says standby');
is( $standby->safe_psql(
		'restored', 'SELECT name, state FROM wal2kafka.stat_connector'),
	'c|standby', 'so does the statistics view');
$standby->safe_psql('restored', 'TABLE wal2kafka.stat_connector_table');
$standby->safe_psql('restored', 'TABLE wal2kafka.stat_kafka');
foreach my $call (
	"create_connector('d', '{}')", "alter_connector('c', '{}')",
	"patch_connector('c', '{}')", "drop_connector('c')",
	"pause_connector('c')", "resume_connector('c')",
	"stop_connector('c')", "restart_connector('c')",
	"alter_connector_owner('c', 'keeper')", "emit('t', 'k', '1')")
{
	my ($code, $out, $err) =
	  $standby->psql('restored', "SELECT wal2kafka.$call");
	like($err, qr/cannot execute .* in a read-only transaction/,
		"$call on a standby");
}
foreach my $call (
	"wait_for_connector('c')", "wait_for_delivery('c')", "drain('c')",
	"peek('c')")
{
	my ($code, $out, $err) =
	  $standby->psql('restored', "SELECT wal2kafka.$call");
	like($err, qr/recovery/, "$call on a standby");
}

$standby->stop;
$node->stop;
done_testing();
