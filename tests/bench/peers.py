"""nginx and HAProxy, set up for the simpler checks that they can do: a header key, an address list, a request rate."""
from setting import KEYS, RANGES

NGINX = """worker_processes 1; daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.err;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; client_body_buffer_size 64k;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  map_hash_max_size 4096; map_hash_bucket_size 128;
  map $http_api_authorization $key_ok {{ default 0; include {folder}/keys.map; }}
  geo $ip_ok {{ default 0; {ranges} }}
  limit_req_zone $http_api_authorization zone=k:16m rate=1000000r/s;
  upstream u {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{port} {secured};
    location / {{
      if ($key_ok = 0) {{ return 401; }}
      if ($ip_ok = 0) {{ return 403; }}
      limit_req zone=k burst=1000000 nodelay;
      proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_pass http://u; }} }}
}}
"""
HAPROXY = """global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  timeout http-request 10s
  http-reuse always
frontend f
  bind 127.0.0.1:{port}{secured}
  option forwardfor
  acl key_ok req.hdr(api-authorization),map_str({folder}/keys.ha) -m found
  acl ip_ok src {ranges}
  http-request deny deny_status 401 unless key_ok
  http-request deny deny_status 403 unless ip_ok
  stick-table type string len 64 size 100k expire 1h store http_req_rate(10s),gpc_rate(2,3600s)
  http-request track-sc0 req.hdr(api-authorization)
  http-request sc-inc-gpc(0,0)
  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt 100000000 }} or {{ sc_gpc_rate(0,0) gt 100000000 }}
  default_backend b
backend b
  server u 127.0.0.1:{upstream} pool-max-conn 256
"""


def nginx(place, port, upstream, tls=False):
    place.write('keys.map', ''.join(f'"{key}" 1;\n' for key in KEYS))
    ranges = ' '.join(f'{r} 1;' for r in RANGES)
    secured = 'backlog=1024' if not tls else (f'ssl; ssl_certificate {place.folder}/tls.crt; '
                                              f'ssl_certificate_key {place.folder}/tls.key; ssl_protocols TLSv1.2 TLSv1.3')
    config = place.write('nginx.conf', NGINX.format(folder=place.folder, ranges=ranges, port=port, upstream=upstream,
                                                    secured=secured))
    return ['nginx', '-c', config]


def haproxy(place, port, upstream, tls=False):
    place.write('keys.ha', ''.join(f'{key} 1\n' for key in KEYS))
    config = place.write('haproxy.cfg', HAPROXY.format(folder=place.folder, ranges=' '.join(RANGES), port=port,
                                                       upstream=upstream,
                                                       secured=f' ssl crt {place.folder}/tls.pem' if tls else ''))
    return ['haproxy', '-f', config]
