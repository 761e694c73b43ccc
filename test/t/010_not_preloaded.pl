# The library is not in shared_preload_libraries, or wal_level is too low: the
# functions say what is missing, the views work, and what was made before can
# be dropped.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', 'max_worker_processes = 16');
$node->start;

# The error, and all that comes with it, of a statement.
sub error_of
{
	my ($sql) = @_;
	my ($code, $out, $err) = $node->psql('postgres', $sql);
	return $code == 0 ? "no error: $out" : $err;
}

sub restart_with
{
	my ($libraries) = @_;
	$node->append_conf('postgresql.conf',
		"shared_preload_libraries = '$libraries'");
	$node->restart;
	return;
}

my $config = q({"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data"});

$node->safe_psql('postgres', 'CREATE EXTENSION wal2kafka');
my $not_loaded =
  qr/wal2kafka must be loaded via shared_preload_libraries.*HINT:.*restart the server/s;
like(error_of("SELECT wal2kafka.create_connector('c', '$config')"),
	$not_loaded, 'create_connector says what is missing');
like(error_of('SELECT wal2kafka.stat_reset()'),
	$not_loaded, 'stat_reset says what is missing');
is($node->safe_psql('postgres', 'SELECT count(*) FROM wal2kafka.connectors'),
	0, 'the views work');
is( $node->safe_psql(
		'postgres', "SELECT count(*) FROM wal2kafka.validate_config('$config') WHERE severity = 'error'"),
	0,
	'configurations can be checked');

# Made while the library was loaded ...
restart_with('wal2kafka');
$node->safe_psql('postgres',
	qq(SELECT wal2kafka.create_connector('{"name": "$_", "initial_state": "STOPPED", "config": $config}')))
  foreach ('c', 'd');
is( $node->safe_psql(
		'postgres',
		"SELECT wal2kafka.wait_for_connector('c', 'stopped') AND wal2kafka.wait_for_connector('d', 'stopped')"),
	't', 'connectors are made when it is');

# ... and it no longer is.
restart_with('');
is( $node->safe_psql(
		'postgres',
		"SELECT name, state, last_error LIKE '%not loaded via shared_preload_libraries%' FROM wal2kafka.connectors"),
	"c|stopped|t\nd|stopped|t",
	'the view says why nothing runs');
is( $node->safe_psql(
		'postgres',
		'SELECT count(*) FROM wal2kafka.stat_connector WHERE retained_bytes > 0'),
	2,
	'... and how much WAL is kept');
foreach my $call (
	"resume_connector('c')", "restart_connector('c')",
	"wait_for_connector('c')", "wait_for_delivery('c')", "drain('c')")
{
	like(error_of("SELECT wal2kafka.$call"),
		$not_loaded, "$call says what is missing");
}
like(error_of('LOAD $$wal2kafka$$; DROP EXTENSION wal2kafka'),
	qr/it has connectors/, 'DROP EXTENSION is refused all the same');

my ($code, $out, $err) =
  $node->psql('postgres', "SELECT wal2kafka.drop_connector('c')");
like($err, qr/WARNING:.*slot "wal2kafka_postgres_c".*stays.*pg_drop_replication_slot/s,
	'drop_connector tells of the slot it leaves');
is( $node->safe_psql(
		'postgres', "SELECT count(*) FROM wal2kafka.connector_progress WHERE name = 'c'"),
	0, 'nothing else is left');
$node->safe_psql('postgres',
	"SELECT pg_drop_replication_slot('wal2kafka_postgres_c')");

# Loaded again, the other one goes as usual, and so does the extension.
restart_with('wal2kafka');
$node->safe_psql('postgres', "SELECT wal2kafka.drop_connector('d')");
ok( $node->poll_query_until(
		'postgres', 'SELECT count(*) = 0 FROM wal2kafka.connectors'),
	'a connector is dropped by its worker');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_replication_slots'),
	0, '... with its slot');

# wal_level
$node->append_conf('postgresql.conf', 'wal_level = replica');
$node->restart;
like(error_of("SELECT wal2kafka.create_connector('c', '$config')"),
	qr/requires wal_level "logical".*HINT:  Set wal_level = logical/s,
	'create_connector asks for wal_level');
like(error_of("SELECT wal2kafka.emit('t', 'k', '1')"),
	qr/requires wal_level "logical"/, 'emit asks for wal_level');

$node->safe_psql('postgres', 'DROP EXTENSION wal2kafka');
$node->stop;
done_testing();
