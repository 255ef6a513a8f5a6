// A vCenter of govmomi's simulator over TLS, in which two VMs have one MAC, set by hand. Prints its address, then PEM of its certificate.
// Copyright (c) 2026 netops.layer2 contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package main

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"os"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// The MAC of the twins; their addresses are set by hand ("manual"), those of the others are vCenter's ("generated").
const twin = "00:50:56:3f:00:01"

func main() {
	model := simulator.VPX()
	model.Host, model.Machine = 2, 3
	if err := model.Create(); err != nil {
		panic(err)
	}
	number := 0
	for _, entity := range simulator.Map.All("VirtualMachine") {
		vm := entity.(*simulator.VirtualMachine)
		for _, device := range object.VirtualDeviceList(vm.Config.Hardware.Device).SelectByType((*types.VirtualEthernetCard)(nil)) {
			card := device.(types.BaseVirtualEthernetCard).GetVirtualEthernetCard()
			card.Connectable.Connected = true
			card.MacAddress = fmt.Sprintf("00:50:56:80:00:%02x", number) // the simulator gives all of them one
			if number < 2 {
				card.MacAddress, card.AddressType = twin, string(types.VirtualEthernetCardMacTypeManual)
			}
			number++
		}
	}
	model.Service.TLS = new(tls.Config)
	server := model.Service.NewServer()
	fmt.Println(server.URL)
	pem.Encode(os.Stdout, &pem.Block{Type: "CERTIFICATE", Bytes: server.TLS.Certificates[0].Certificate[0]})
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin) // until whoever started it goes
}
