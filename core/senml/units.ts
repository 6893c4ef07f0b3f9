/**
 * The SenML units registry: RFC 8428 §12.1, RFC 8798, and what was registered since. Those that are not recommended for
 * new producers are in it: readers take them.
 */
const symbols =
  'm kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat ' +
  'm2 m3 l m/s m/s2 m3/s l/s W/m2 cd/m2 bit bit/s lat lon pH dB dBW Bspl count / % %RH %EL EL ' +
  '1/s 1/min beat/min beats S/m B VA VAs var vars J/m kg/m3 deg NTU'

export const units: ReadonlySet<string> = new Set(symbols.split(' '))
