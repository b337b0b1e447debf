// Starts Bluesky's own server of accounts (PDS) and its directory of accounts (PLC) on 127.0.0.1,
// with all they keep in the folder given, and writes their ports as a line of JSON. Ends when its
// standard input does.
const path = require('path')

const { freePort } = require('./bluesky_loopback')

const [folder, limits] = process.argv.slice(2)
process.env.LOG_ENABLED = 'false'

async function main() {
  const { Database, PlcServer } = require('@did-plc/server')
  const { PDS, envToCfg, envToSecrets, readEnv } = require('@atproto/pds')
  const plcPort = await freePort()
  const plc = PlcServer.create({ db: Database.mock(), port: plcPort })
  await plc.start()
  const port = await freePort()
  Object.assign(process.env, {
    PDS_PORT: String(port),
    PDS_HOSTNAME: 'localhost',
    PDS_DEV_MODE: 'true',
    PDS_DATA_DIRECTORY: folder,
    PDS_BLOBSTORE_DISK_LOCATION: path.join(folder, 'blobs'),
    PDS_DID_PLC_URL: `http://127.0.0.1:${plcPort}`,
    PDS_SERVICE_HANDLE_DOMAINS: '.test',
    PDS_INVITE_REQUIRED: 'false',
    PDS_RATE_LIMITS_ENABLED: limits === 'limits' ? 'true' : 'false',
    PDS_DISABLE_SSRF_PROTECTION: 'true',
    PDS_JWT_SECRET: 'jwt-secret-of-the-tests',
    PDS_DPOP_SECRET: '11'.repeat(32),
    PDS_ADMIN_PASSWORD: 'admin-password-of-the-tests',
    PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: '22'.repeat(32),
  })
  const env = readEnv()
  const pds = await PDS.create(envToCfg(env), envToSecrets(env))
  await pds.start()
  process.stdout.write(`${JSON.stringify({ pds: port, plc: plcPort })}\n`)
  process.stdin.resume()
  process.stdin.on('end', () => process.exit(0))
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`)
  process.exit(1)
})
