// Reads a JSON list of texts with facets. Writes what npm's @atproto/api finds in each text (in its
// order, without what overlaps), and which pieces of the text its reader shows for those facets.
const { RichText, UnicodeString } = require('@atproto/api')

const asked = JSON.parse(require('fs').readFileSync(0, 'utf8'))
const said = asked.map(({ text, facets }) => {
  const detected = new RichText({ text })
  detected.detectFacetsWithoutResolution()
  const found = []
  for (const { facet } of detected.segments()) {
    if (!facet) continue
    const { $type, uri, tag, did } = facet.features[0]
    const { byteStart, byteEnd } = facet.index
    found.push([byteStart, byteEnd, $type.split('#')[1], uri ?? tag ?? did])
  }
  const shown = [...new RichText({ text, facets }).segments()]
  return { found, shown: shown.filter((part) => part.facet).map((part) => part.text) }
})
process.stdout.write(JSON.stringify(said))
