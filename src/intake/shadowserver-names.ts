const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Of `event4_…` and `event6_…`. */
const events = words(`
  ddos_participant honeypot_adb_scan honeypot_brute_force honeypot_darknet honeypot_ddos honeypot_ddos_amp
  honeypot_ddos_target honeypot_http_scan honeypot_ics_scan honeypot_ikev2_scan honeypot_rdp_scan honeypot_rocketmq_scan
  honeypot_smb_scan ip_spoofer microsoft_sinkhole microsoft_sinkhole_http sinkhole sinkhole_dns sinkhole_http
  sinkhole_http_referer
`);

/** Of `scan_…`, `population_…` and the same for IPv6: the services that were looked for. */
const services = words(`
  activemq adb afp amqp ard bgp chargen cisco_smart_install coap couchdb cwmp db2 ddos_middlebox dns docker
  dvr_dhcpdiscover elasticsearch epmd exchange ftp hadoop http http_proxy http_vulnerable ics ipmi ipp isakmp kubernetes
  ldap_tcp ldap_udp loop_dos mdns memcached mongodb mqtt mqtt_anon msmq mssql mysql nat_pmp netbios netis_router ntp
  ntpmonitor portmapper post_exploitation_framework postgres qotd quic radmin rdp rdpeudp redis rsync sip slp smb smtp
  smtp_vulnerable snmp socks ssdp ssh ssl ssl_freak ssl_poodle stun synfulknock telnet tftp ubiquiti vnc ws_discovery
  xdmcp
`);

const others = words(`
  blocklist cisco_smart_install compromised_account compromised_iot compromised_iot6 compromised_website
  compromised_website6 device_id device_id6 hp_http_scan hp_ics_scan malware_url ransomware_victim sandbox_conn
  sandbox_dns sandbox_url spam_url special
`);

/** Whether Shadowserver has sent reports of this name, in lower case. It adds some every year. */
export function isShadowserverName(name: string): boolean {
  const [, family = "", rest = ""] = /^(event[46]|scan6?|population6?)_(\w+)$/.exec(name) ?? [];
  if (family === "") return others.has(name);
  return (family.startsWith("event") ? events : services).has(rest);
}
