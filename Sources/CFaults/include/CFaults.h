#ifndef CLAVIGER_CFAULTS_H
#define CLAVIGER_CFAULTS_H

/// Loaded into a process with LD_PRELOAD, this library stands before the C library's calls for syncs, writes, free
/// space, clocks and waits, and lets them go wrong as the page says that CLAVIGER_FAULTS names. Faults of files are
/// about those below the folder that CLAVIGER_FAULTS_DATA names; where the page asks for it, each of them says how much
/// of it was synced. Without a page every call is the C library's own.

/// The path of the page that is in use; NULL without one.
const char *claviger_faults_page(void);

#endif
