// Bluesky's servers would listen on every interface of the machine: here they listen on 127.0.0.1.
const net = require('net')

const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (port, ...rest) {
  if (typeof port === 'object' && port !== null) return listen.call(this, { ...port, host: '127.0.0.1' }, ...rest)
  return listen.call(this, { port: port ?? 0, host: '127.0.0.1' }, ...rest.filter((value) => typeof value === 'function'))
}

async function freePort() {
  const probe = net.createServer()
  await new Promise((resolve) => probe.listen(0, resolve))
  const { port } = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return port
}

module.exports = { freePort }
