// Self-signed certificates, made in a test.
#pragma once

#include <chrono>
#include <string>

#include "conf/config.h"
#include "tests/support/temp_folder.h"

namespace tollgate {

enum class KeyKind { kEc, kRsa };

struct CertificateWish {
  std::string common_name = "localhost";  // empty: it has no subject
  std::string alternative_name = "DNS:localhost";
  KeyKind key = KeyKind::kEc;
  std::chrono::seconds begins{-60};  // from now
  std::chrono::seconds ends{3600};
};

// NAME.crt and NAME.key in the folder.
CertificateConfig write_certificate(const TempFolder& folder, const std::string& name,
                                    const CertificateWish& wish = {});

}  // namespace tollgate
