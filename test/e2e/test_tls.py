"""TLS to a broker elsewhere: whom the daemon trusts, whom it does not, and what it says then."""

import os
import subprocess
import unittest

from harness import Rig
from mqtt import free_port


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


class Authority:
    """Signs certificates in `folder`."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".pem")

    def path(self, file):
        return os.path.join(self.folder, file)

    @property
    def certificate(self):
        return self.path(self.name + ".pem")

    def sign(self, name, alternative):
        """(certificate, key) of `name`, valid for a subject alternative name such as IP:127.0.0.1."""
        openssl(self.folder, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".csr")
        with open(self.path(name + ".ext"), "w", encoding="ascii") as file:
            file.write("subjectAltName=%s\n" % alternative)
        openssl(self.folder, "x509", "-req", "-in", name + ".csr", "-CA", self.certificate, "-CAkey", self.name + ".key",
                "-CAcreateserial", "-days", "2", "-extfile", name + ".ext", "-out", name + ".crt")
        return self.path(name + ".crt"), self.path(name + ".key")


class TlsTest(unittest.TestCase):
    def rig(self, alternative="IP:127.0.0.1", client=False):
        """A rig whose broker also listens with TLS, with a certificate for `alternative`; (rig, port, authority)."""
        rig = Rig(models="us2kbpl", modules=1, start=False)
        authority = Authority(rig.folder, "authority")
        certificate, key = authority.sign("broker", alternative)
        port = free_port()
        rig.broker.more = ["listener %d 127.0.0.1" % port, "cafile " + authority.certificate, "certfile " + certificate,
                           "keyfile " + key, "require_certificate %s" % ("true" if client else "false")]
        return rig, port, authority

    def refused(self, rig):
        """Nothing is said to that broker; another configuration is taken up while running."""
        rig.start_daemon()
        rig.daemon.wait_line("no connection to the broker .*TLS failed: check ca_file", 10)
        self.assertEqual(rig.daemon.matching("connected to the broker"), [])
        rig.hangup({"mqtt": {"port": rig.broker.port, "tls": "no"}})
        rig.wait_bank()

    def test_trusted(self):
        rig, port, authority = self.rig()
        with rig:
            rig.write_config({"mqtt": {"port": port, "tls": "yes", "ca_file": authority.certificate}})
            rig.start_daemon()
            rig.wait_bank()

    def test_another_authority(self):
        rig, port, _ = self.rig()
        with rig:
            other = Authority(rig.folder, "other")
            rig.write_config({"mqtt": {"port": port, "tls": "yes", "ca_file": other.certificate}})
            self.refused(rig)

    def test_not_among_the_systems(self):
        rig, port, _ = self.rig()
        with rig:
            rig.write_config({"mqtt": {"port": port, "tls": "yes"}})
            self.refused(rig)

    def test_another_name(self):
        """A good certificate of somebody else."""
        rig, port, authority = self.rig(alternative="DNS:elsewhere.example")
        with rig:
            rig.write_config({"mqtt": {"port": port, "tls": "yes", "ca_file": authority.certificate}})
            self.refused(rig)

    def test_certificate_of_our_own(self):
        rig, port, authority = self.rig(client=True)
        with rig:
            certificate, key = authority.sign("pylontech", "DNS:pylontech")
            rig.write_config({"mqtt": {"port": port, "tls": "yes", "ca_file": authority.certificate}})
            rig.start_daemon()
            rig.daemon.wait_line("no connection to the broker", 10)
            rig.hangup({"mqtt": {"cert_file": certificate, "key_file": key}})
            rig.wait_bank()

    def test_key_with_a_password(self):
        """Nobody is asked for it."""
        rig, port, authority = self.rig(client=True)
        with rig:
            certificate, key = authority.sign("pylontech", "DNS:pylontech")
            openssl(rig.folder, "ec", "-in", key, "-aes256", "-passout", "pass:hush-77", "-out", "locked.key")
            rig.write_config({"mqtt": {"port": port, "tls": "yes", "ca_file": authority.certificate,
                                       "cert_file": certificate, "key_file": os.path.join(rig.folder, "locked.key")}})
            self.refused(rig)


if __name__ == "__main__":
    unittest.main()
