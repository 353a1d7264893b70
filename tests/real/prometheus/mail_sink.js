// A mail server on loopback that keeps what it is sent: as much of SMTP (RFC 5321) as a sender without TLS and login needs.
import { createServer } from 'node:net';

// The text of a quoted-printable part (RFC 2045), in UTF-8; a dot that begins a line was sent twice.
function decoded(part) {
  const bytes = part.replaceAll('\r\n..', '\r\n.').replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

const ENTITIES = { '&#34;': '"', '&#39;': "'", '&#43;': '+', '&lt;': '<', '&gt;': '>', '&amp;': '&' };

function plain(html) {
  const text = html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/&[#\w]+;/g, (entity) => ENTITIES[entity] ?? entity);
  return text.replaceAll(/\s+/g, ' ');
}

export class MailSink {
  static async start() {
    const sink = new MailSink();
    sink.mails = []; // { from, to, text }
    sink.sockets = new Set();
    sink.server = createServer((socket) => sink.#serve(socket));
    await new Promise((resolve) => { sink.server.listen(0, '127.0.0.1', resolve); });
    sink.address = `127.0.0.1:${sink.server.address().port}`;
    return sink;
  }

  async stop() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => { this.server.close(resolve); });
  }

  #serve(socket) {
    let received = '';
    let mail = {};
    let in_data = false;
    const answer_to = (line) => {
      const [, verb, address] = /^(\w+)(?:.*<(.*?)>)?/.exec(line) ?? [];
      switch (verb?.toUpperCase()) {
        case 'EHLO': return '250 sink.test';
        case 'MAIL': mail = { from: address, to: [] }; return '250 well';
        case 'RCPT': mail.to.push(address); return '250 well';
        case 'DATA': in_data = true; return '354 go on, and end with a dot';
        case 'QUIT': return '221 good-bye';
        default: return '500 not known here';
      }
    };
    const take_next = () => { // one line, or a whole message; false: it is not complete yet
      const end = in_data ? '\r\n.\r\n' : '\r\n';
      const at = received.indexOf(end);
      if (at < 0) return false;
      const part = received.slice(0, at);
      received = received.slice(at + end.length);
      if (in_data) {
        in_data = false;
        this.mails.push({ ...mail, text: plain(decoded(part)) });
        socket.write('250 kept\r\n');
      } else {
        socket.write(`${answer_to(part)}\r\n`);
      }
      return true;
    };
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      while (take_next());
    });
    socket.write('220 sink.test ESMTP\r\n');
  }
}
