/** What every FreeRADIUS of the tests begins with: its folders, few threads, and loopback as its only client. */
export const freeradiusHead = (folder: string, secret: string): string => `prefix = /usr
confdir = ${folder}
logdir = ${folder}/log
libdir = /usr/lib/freeradius
pidfile = ${folder}/radiusd.pid
max_request_time = 30
cleanup_delay = 5
max_requests = 16384
hostname_lookups = no
security {
  allow_core_dumps = no
  reject_delay = 0
  status_server = yes
}
thread pool {
  start_servers = 2
  max_servers = 4
  min_spare_servers = 1
  max_spare_servers = 4
  max_requests_per_server = 0
  auto_limit_acct = no
}
client loopback {
  ipaddr = 127.0.0.0/8
  secret = ${secret}
  require_message_authenticator = no
}`;
