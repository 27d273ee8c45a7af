#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

/* Parameter lists of OpenSSL point into the caller's variables; building them here keeps those pointers inside one C frame. */

/* Selects SHA-256 for an HMAC context. Returns 1 or 0. */
static inline int claviger_hmac_use_sha256(EVP_MAC_CTX *context) {
    char digest[] = "SHA2-256";
    OSSL_PARAM list[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(context, list);
}

/* scrypt (RFC 7914) with a memory limit in bytes. Returns 1 or 0. */
static inline int claviger_scrypt(EVP_KDF_CTX *context, const void *password, size_t password_count, const void *salt,
                                  size_t salt_count, uint64_t n, uint32_t r, uint32_t p, uint64_t memory,
                                  unsigned char *output, size_t output_count) {
    OSSL_PARAM list[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, (void *)password, password_count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_count),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
        OSSL_PARAM_construct_end(),
    };
    return EVP_KDF_derive(context, output, output_count, list);
}

/* KBKDF (NIST SP 800-108), counter mode, HMAC-SHA-256. Returns 1 or 0. */
static inline int claviger_kbkdf(EVP_KDF_CTX *context, const void *key, size_t key_count, const void *label,
                                 size_t label_count, const void *info, size_t info_count, unsigned char *output,
                                 size_t output_count) {
    char mac[] = "HMAC", digest[] = "SHA2-256", mode[] = "counter";
    OSSL_PARAM list[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC, mac, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, mode, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)label, label_count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_count),
        OSSL_PARAM_construct_end(),
    };
    return EVP_KDF_derive(context, output, output_count, list);
}
