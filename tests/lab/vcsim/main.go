// A vCenter of govmomi's simulator over TLS, in which two VMs have one MAC, set by hand. Prints its address, then PEM of its certificate.
// Copyright (c) 2026 netops.layer2 contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// The MAC of the twins; their addresses are set by hand ("manual"), those of the others are vCenter's ("generated").
const twin = "00:50:56:3f:00:01"

// own makes a certificate for this machine; that of the simulator has a key that is too short for OpenSSL's defaults.
func own() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	form := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	made, err := x509.CreateCertificate(rand.Reader, &form, &form, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{made}, PrivateKey: key}
}

func main() {
	model := simulator.VPX()
	model.Host, model.Machine = 2, 3
	if err := model.Create(); err != nil {
		panic(err)
	}
	number := 0
	for _, entity := range simulator.Map.All("VirtualMachine") {
		vm := entity.(*simulator.VirtualMachine)
		devices := append([]types.BaseVirtualDevice(nil), vm.Config.Hardware.Device...) // the simulator's VMs share theirs
		for place, device := range devices {
			shared, isCard := device.(*types.VirtualE1000)
			if !isCard {
				continue
			}
			card, plug := *shared, *shared.Connectable
			plug.Connected, card.Connectable = true, &plug
			card.MacAddress = fmt.Sprintf("00:50:56:80:00:%02x", number)
			if vm.Name == "DC0_H0_VM0" || vm.Name == "DC0_H1_VM0" {
				card.MacAddress, card.AddressType = twin, string(types.VirtualEthernetCardMacTypeManual)
			}
			number++
			devices[place] = &card
		}
		vm.Config.Hardware.Device = devices
	}
	model.Service.TLS = &tls.Config{Certificates: []tls.Certificate{own()}}
	server := model.Service.NewServer()
	fmt.Println(server.URL)
	pem.Encode(os.Stdout, &pem.Block{Type: "CERTIFICATE", Bytes: server.TLS.Certificates[0].Certificate[0]})
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin) // until whoever started it goes
}
